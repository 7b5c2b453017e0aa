"""How figures are read from a text; `retrieval.figures` is the way in."""
