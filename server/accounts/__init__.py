"""Who can sign in, with what, where, and who holds which post.

Passwords, passkeys and second factors; the devices somebody is signed in on; owners joining with the code of a letter;
staff with their posts and certificates; the company's communities and its matrix of capabilities.
"""
