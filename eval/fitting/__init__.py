"""Fits what is learned: the metric, the ranker, the decision whether evidence is enough (`tongxing eval fit`)."""
