"""A landing file -> typed, pseudonymised, checked -> one lake batch, or quarantine."""
