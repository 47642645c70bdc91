"""The account's pages, one module a page or two: parse, call one function, render."""
