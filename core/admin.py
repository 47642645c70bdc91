"""The base of all administration pages: lists that stay cheap over millions of rows, aligned numbers, and actions with
a reason.

The `admin.py` of each app builds on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.generic import FormView

from core.database.transactions import retry_deadlocks
from core.errors import DomainError

#: Pages reach no further back than this; older rows are found by filter and search.
ROWS_WITHIN_REACH = 10_000

NOTHING = Q(pk__in=[])

# What fits every number of the database.
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")

Column = Callable[[Any, Any], Any]


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # generic in its stubs only
    """A paginator that counts no further than its pages reach, as count(*) over millions of rows takes seconds."""

    @cached_property
    def count(self) -> int:
        assert isinstance(self.object_list, QuerySet)
        return self.object_list.order_by()[:ROWS_WITHIN_REACH].count()


class ReadOnly:
    """A mixin for rows that nobody adds, changes or deletes by hand; who may view the model may view them."""

    def has_add_permission(self, request: HttpRequest, *about: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    """A read-only list, newest first, that stays cheap however long it grows."""

    actions: list[str] | None = None
    list_per_page = 50
    ordering = ["-pk"]
    paginator = BoundedPaginator
    # Facets count the rows of every choice.
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    # By any other order the database would sort the whole table.
    sortable_by = ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        """Show the list, with a notice where it continues beyond its pages."""
        page = super().changelist_view(request, extra_context)
        context = page.context_data if isinstance(page, TemplateResponse) else None
        if context is not None and context["cl"].result_count == ROWS_WITHIN_REACH:
            context["subtitle"] = f"The first {ROWS_WITHIN_REACH:,}: search or filter for others."
        return page

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Return the fields of a row's own page: the columns of the list, unless the class names others."""
        return self.fields or self.list_display

    def matches(self, term: str) -> Q:
        """Return the condition of a search for `term`. Subclasses implement it."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows that match exactly, by an index, instead of searching for words within text."""
        term = search_term.strip()
        return (queryset.filter(self.matches(term)) if term else queryset), False


def whole_number(term: str) -> int | None:
    """Return the number that a search asks for, or None."""
    return int(term) if _WHOLE_NUMBER.fullmatch(term) else None


def number(text: str) -> SafeString:
    """Format a number so that it aligns with those above and below it."""
    return format_html('<span class="number">{}</span>', text)


def count_column(label: str, field: str) -> Column:
    """Make a column of whole numbers, digits grouped."""

    @admin.display(description=label, ordering=field)
    def column(model_admin: Any, row: Any) -> SafeString:
        return number(f"{getattr(row, field):,}")

    return column


def time_column(label: str, field: str) -> Column:
    """Make a column of moments to the millisecond: there are two cycles a second."""

    @admin.display(description=f"{label} (UTC)", ordering=field)
    def column(model_admin: Any, row: Any) -> str:
        at = getattr(row, field)
        if at is None:
            return str(model_admin.get_empty_value_display())
        return timezone.localtime(at).isoformat(" ", "milliseconds").removesuffix("+00:00")

    return column


class ReasonForm(forms.Form):
    """The form of an action, with the reason that is recorded."""

    reason = forms.CharField(
        max_length=200, widget=forms.TextInput({"class": "vTextField"}), help_text="Recorded with your name."
    )

    def summary(self) -> list[tuple[str, str]]:
        """Return the action's values, label and text, to confirm before it runs."""
        return [("Reason", self.cleaned_data["reason"])]

    def hidden_inputs(self) -> SafeString:
        """Return the form's values as hidden inputs, to be sent again with the confirmation."""
        return format_html_join("", "{}", ([part] for field in self for part in _hidden(field)))


class ActionView(FormView):  # type: ignore[type-arg]  # generic in its stubs only
    """An action of an administrator: a form with a reason, confirmed once more, then executed.

    A refusal is shown in the form, beside its field where it names one, and nothing that was typed is lost.
    """

    template_name = "admin/action.html"
    form_class: type[ReasonForm] = ReasonForm
    permission: ClassVar[str]
    model_admin: admin.ModelAdmin[Any] | None = None
    title = ""
    explanation = ""
    needs_review = True

    def perform(self, form: Any) -> str:
        """Execute the action, log it, and report it; return the address to go to.

        Raises DomainError, ValidationError.
        """
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def form_valid(self, form: ReasonForm) -> HttpResponse:
        if "_edit" in self.request.POST:
            return self.form_invalid(form)
        if self.needs_review and "_confirmed" not in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form, review=form.summary()))
        try:
            return HttpResponseRedirect(retry_deadlocks(self.perform)(form))
        except DomainError as refusal:
            form.add_error(refusal.attr if refusal.attr in form.fields else None, refusal.detail)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        return self.form_invalid(form)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        assert self.model_admin is not None
        context = super().get_context_data(**context)
        form = context["form"]
        return context | {
            **self.model_admin.admin_site.each_context(self.request),
            "opts": self.model_admin.opts,
            "title": self.title,
            "explanation": self.explanation,
            "needs_review": self.needs_review,
            "adminform": AdminForm(form, [(None, {"fields": list(form.fields)})], {}, model_admin=self.model_admin),
        }


def _hidden(field: forms.BoundField) -> list[SafeString]:
    if not field.field.show_hidden_initial:
        return [field.as_hidden()]
    return [field.as_hidden(), field.as_hidden(only_initial=True)]
