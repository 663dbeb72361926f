"""Which candidates are sent, which wait, which are withheld, and why. See README.md."""
