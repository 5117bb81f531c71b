"""The contract: the schema registry, the checks that follow from it, and the manifest."""
