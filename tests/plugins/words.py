"""The world `words` in Python, for componentize-py."""

import collections

import wit_world
from componentize_py_types import Err
from wit_world.exports.text import Counted, Unread_Empty, Unread_TooLong


class Text:
    def count_words(self, text, most):
        if not text:
            raise Err(Unread_Empty())
        if len(text) > 1000:
            raise Err(Unread_TooLong(len(text)))
        counted = collections.Counter(text.split()).most_common(most)
        return [Counted(word=word, times=times) for word, times in counted]


class WitWorld:
    def larger(self, a, b):
        return max(a, b)

    def ask(self, url):
        raise Err("this one asks nobody")
