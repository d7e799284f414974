"""Everything that can go wrong, as exceptions whose text is fit to be shown to a person."""

from __future__ import annotations


class EmbcompressError(Exception):
    """Base of every error this package raises on purpose.

    ``exit_code`` is what the command line returns for it: 2 for a mistake in how something was asked for, 1 for
    anything wrong with the data.
    """

    exit_code = 1


class UsageError(EmbcompressError, ValueError):
    """An argument is outside what is allowed; the text says what is."""

    exit_code = 2


class WrongTypeError(UsageError, TypeError):
    """An argument is not of a type that can be used; the text says which can."""


class WrongKeyError(WrongTypeError, KeyError):
    """Something was given that can be no key: neither a word nor a row number, nor an attribute of words."""

    # KeyError shows the repr of its argument; people are to read this one.
    __str__ = Exception.__str__


class ReadOnlyError(UsageError, TypeError):
    """A compressed table was to be changed."""


class EmptyError(UsageError, ZeroDivisionError):
    """Nothing was given to take a mean of."""


class SpecError(UsageError):
    """A spec that cannot be parsed, or a stage that cannot be fitted to this table."""


class FormatError(EmbcompressError, ValueError):
    """A file's content is damaged, or is not what it has to be; the text says where."""


class FileAccessError(EmbcompressError, OSError):
    """The operating system refused to read or write a file."""


class ServiceError(EmbcompressError, OSError):
    """A service could not be reached, refused its token, or failed."""


class MissingPackageError(EmbcompressError, ImportError):
    """A package of an extra is not installed; the text says how to install it."""


class UnknownWordError(EmbcompressError, KeyError):
    """One or more words are not in the vocabulary.

    Parameters
    ----------
    words : list of str
        The unknown words.
    suggestions : list of str
        Words of the vocabulary spelt nearly like the first of them.
    """

    def __init__(self, words: list[str], suggestions: list[str]) -> None:
        self.words = words
        self.suggestions = suggestions
        listed = ", ".join(repr(word) for word in words)
        text = f"{listed} {'is' if len(words) == 1 else 'are'} not in the vocabulary"
        if suggestions:
            text += f"; near spellings of {words[0]!r}: {', '.join(suggestions)}"
        super().__init__(text)

    def __str__(self) -> str:
        # KeyError shows the repr of its argument; people are to read this one.
        return str(self.args[0])
