"""Search by words: BM25 over normalised words, one index a language (bm25s)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from retrieval.text import words


class LexicalIndex:
    """BM25 over the texts of one language. Position i of the scores is text i."""

    def __init__(self, bm25: Any, size: int) -> None:
        self._bm25 = bm25
        self.size = size

    @classmethod
    def build(cls, texts: Sequence[str], lang: str) -> LexicalIndex:
        """Index `texts`; an empty list gives an index that finds nothing."""
        import bm25s

        tokens = [words(text, lang) for text in texts]
        if not any(tokens):
            return cls(None, len(texts))
        # k1 and b as in the literature's default; "lucene" keeps scores non-negative.
        bm25 = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        bm25.index(tokens, show_progress=False)
        return cls(bm25, len(texts))

    def save(self, folder: Path) -> None:
        """Write the index into a new folder."""
        folder.mkdir(parents=True)
        if self._bm25 is not None:
            self._bm25.save(folder, show_progress=False)

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        """Read an index of `size` texts. Raises OSError or ValueError when its files are damaged."""
        if not any(folder.iterdir()):
            return cls(None, size)
        import bm25s

        bm25 = bm25s.BM25.load(folder, show_progress=False)
        if bm25.scores["num_docs"] != size:
            raise ValueError(f"words of {bm25.scores['num_docs']} texts instead of {size}")
        return cls(bm25, size)

    def scores(self, question: str, lang: str) -> npt.NDArray[np.float32]:
        """BM25 of every text, shape (size,); zeros where no word is shared."""
        if self._bm25 is None:
            return np.zeros(self.size, dtype=np.float32)
        known = [word for word in dict.fromkeys(words(question, lang)) if word in self._bm25.vocab_dict]
        if not known:
            return np.zeros(self.size, dtype=np.float32)
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)

    def rarity(self, word: str) -> float:
        """Inverse document frequency of a word in natural logarithms; the highest there is for an unknown word."""
        if self._bm25 is None:
            return 0.0
        index = self._bm25.vocab_dict.get(word)
        if index is None:
            return float(np.log(1 + self.size))
        pointers = self._bm25.scores["indptr"]
        frequency = int(pointers[index + 1] - pointers[index])
        return float(np.log(1 + (self.size - frequency + 0.5) / (frequency + 0.5)))

    def knows(self, word: str) -> bool:
        """Whether any text has the word."""
        return self._bm25 is not None and word in self._bm25.vocab_dict
