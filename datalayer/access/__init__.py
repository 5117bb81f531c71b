"""Who calls and what they may: identities, accounts, sessions, keys, the audit log."""
