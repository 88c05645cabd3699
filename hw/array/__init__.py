"""Arrays of processing elements, one module a flow."""
