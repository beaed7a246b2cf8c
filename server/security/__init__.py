"""Who may do what, one topic a file: actor, capabilities, guards, gateway, headers, csrf, clients."""
