"""The players' pages, one module a page: parse, call one function, render."""
