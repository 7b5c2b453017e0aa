"""The parts of the report: claims, charts, the grid of coverage, the worst cases, what changed, and the page."""
