"""The assistant: everything that talks with people."""
