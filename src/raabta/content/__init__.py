"""What a message says: templates, brand kits, locales and rendering."""
