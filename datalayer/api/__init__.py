"""The REST API: routes over the portal, problems as JSON, models from the registry."""
