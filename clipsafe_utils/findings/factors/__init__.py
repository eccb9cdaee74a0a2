"""Visual factors at equal accuracy."""
