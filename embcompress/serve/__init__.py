"""The HTTP service: named tables of ``.embc`` files behind typed JSON and binary answers (extra ``serve``)."""
