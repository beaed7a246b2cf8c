"""The app as it sits on a phone: manifest, service worker, offline page, and how to install it. Open to everybody."""
