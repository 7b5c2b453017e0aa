"""The harness that measures the quality of answers."""
