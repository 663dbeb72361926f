"""The web application as the browser gets it; its source is in `ui/`."""
