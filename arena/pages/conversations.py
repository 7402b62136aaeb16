"""Public conversations: to browse, to read, to report, and for their voter to withdraw."""

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from arena.battles.models import Conversation, Report, Side
from arena.battles.reading import conversations
from arena.battles.reading.conversations import ConversationSearch
from arena.battles.voting.boards import topic_of
from arena.contestants.catalogue.reading import public_contestants
from arena.leaderboards.boards import LANGUAGE_PREFIX, boards
from arena.leaderboards.models import Board
from arena.voters.identity import acting_voter_id
from arena.voters.origin.network import network_of
from arena.voters.throttling.limits import Action, RateLimited, Visitor, consume


class SearchForm(forms.Form):
    """What the address asks for; what cannot be is left out."""

    q = forms.CharField(max_length=200, required=False)
    language = forms.SlugField(max_length=8, required=False)
    topic = forms.SlugField(max_length=40, required=False)
    model = forms.SlugField(max_length=60, required=False)
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class ReportForm(forms.Form):
    reason = forms.ChoiceField(choices=Report.Reason.choices)
    side = forms.ChoiceField(choices=[("", ""), *Side.choices], required=False)
    comment = forms.CharField(max_length=Report.LONGEST, required=False)


@require_safe
@never_cache
def browse(request: HttpRequest) -> HttpResponse:
    """Newest first, by words, language, topic and contestant."""
    form = SearchForm(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    contestants = list(public_contestants())
    chosen = next((each for each in contestants if each.slug == asked.get("model")), None)
    page = conversations.search(
        ConversationSearch(
            words=asked.get("q", ""),
            language=asked.get("language", ""),
            topic=topic_of(asked.get("topic", "")),
            contestant_id=chosen.pk if chosen else None,
            before=asked.get("before"),
        )
    )
    more = request.GET.copy()
    more["before"] = str(page.before)
    known = list(boards())
    context = {
        "conversations": page.conversations,
        "older": more.urlencode() if page.before else "",
        "is_filtered": any(asked.get(name) for name in ("q", "language", "topic", "model")),
        "asked": asked,
        "contestants": contestants,
        "topics": [each for each in known if each.group == Board.Group.TOPIC],
        "languages": [
            (each.slug.removeprefix(LANGUAGE_PREFIX), each.name)
            for each in known
            if each.group == Board.Group.LANGUAGE
        ],
    }
    return _unlisted(render(request, "conversations/browse.html", context))


@require_safe
@never_cache
def read(request: HttpRequest, battle_id: uuid.UUID) -> HttpResponse:
    """One conversation, with the names and the outcome."""
    conversation = _public(battle_id)
    context = {
        "conversation": conversation,
        "exchanges": conversations.exchanges(conversation),
        "is_mine": conversations.is_owner(
            conversation, acting_voter_id(request.user, request.COOKIES)
        ),
        "reasons": Report.Reason,
        "longest": Report.LONGEST,
    }
    return _unlisted(render(request, "conversations/read.html", context))


@require_POST
def withdraw(request: HttpRequest, battle_id: uuid.UUID) -> HttpResponse:
    """Its own voter takes a conversation back."""
    voter_id = acting_voter_id(request.user, request.COOKIES)
    if voter_id is None or not conversations.set_published(voter_id, battle_id, publish_it=False):
        raise Http404("There is no such conversation.")
    messages.success(request, _("The conversation is no longer public. Your vote stands."))
    return redirect("pages:conversations")


@require_POST
def report(request: HttpRequest, battle_id: uuid.UUID) -> HttpResponse:
    """Tell the moderators; the reader comes back to the conversation."""
    conversation = _public(battle_id)
    form = ReportForm(request.POST)
    voter_id = acting_voter_id(request.user, request.COOKIES)
    if not form.is_valid():
        messages.error(request, _("Please say what is wrong with it."))
        return _back(conversation)
    try:
        consume(Action.REPORT, Visitor(voter_id, network_of(request.META)))
    except RateLimited as refusal:
        messages.error(request, str(refusal))
        return _back(conversation)
    given = form.cleaned_data
    conversations.report(
        conversation,
        Report.Reason(given["reason"]),
        voter_id=voter_id,
        side=Side(given["side"]) if given["side"] else None,
        comment=given["comment"],
    )
    messages.success(request, _("Thank you. A moderator will look at it."))
    return _back(conversation)


def _public(battle_id: uuid.UUID) -> Conversation:
    conversation = conversations.conversation_of(battle_id)
    if conversation is None:
        raise Http404("There is no such conversation.")
    return conversation


def _back(conversation: Conversation) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("pages:conversation", args=[conversation.battle_id]))


def _unlisted(response: HttpResponse) -> HttpResponse:
    """Keep a conversation, which its voter may withdraw, out of search engines."""
    response.headers["X-Robots-Tag"] = "noindex, noarchive"
    return response
