"""The marketplace's pages, one module a page: parse, call one function, render."""
