"""Rule text to syntax. The only room that knows Lark."""
