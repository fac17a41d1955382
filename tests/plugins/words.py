"""The world `words` in Python, for componentize-py."""

import collections
# What is not imported when the component is made is not there.
import encodings.idna  # noqa: F401, for socket
import socket
from urllib.parse import urlsplit

import wit_world
from componentize_py_types import Err
from wit_world.exports.text import Counted, Unread_Empty, Unread_TooLong


class Text:
    def count_words(self, text, most):
        if not text:
            raise Err(Unread_Empty())
        if len(text) > 1000:
            raise Err(Unread_TooLong(len(text)))
        counted = collections.Counter(text.split()).most_common()
        return [Counted(word=word, times=times) for word, times in counted[:most]]


class WitWorld:
    def larger(self, a, b):
        return max(a, b)

    def ask(self, url):
        try:
            socket.create_connection((urlsplit(url).hostname, 80))
        except OSError as error:
            raise Err(f"{type(error).__name__}: {error}")
        return 200
