"""Who someone is: identifiers resolved to one profile, merges, traits."""
