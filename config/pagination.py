"""Lists in the API: cursor pages, newest first, stable while rows are added."""

from django.conf import settings
from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """`next`, `previous`, `results`; `?limit=` up to PAGE_SIZE_MAX."""

    ordering = "-pk"
    page_size = settings.PAGE_SIZE_DEFAULT
    max_page_size = settings.PAGE_SIZE_MAX
    page_size_query_param = "limit"
