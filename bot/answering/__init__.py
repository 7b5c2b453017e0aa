"""A question becomes an answer: screen, understand, gather, compose, ground, present."""
