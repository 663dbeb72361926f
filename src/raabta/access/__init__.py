"""Who may use a workspace: users, roles, sessions, one-time links, throttled sign-in."""
