"""What the management API answers, screen by screen: ids are strings, instants ISO 8601."""
