"""The messages' templates: Jinja2, sandboxed; `view` is a `render.View`, and all they are given.

Templates of the user's own stand in the place of these (`own_templates.py`). `marked` writes pieces with the
matching words marked; in HTML everything is escaped by itself.
"""

from __future__ import annotations

from typing import Final

TEXT: Final = """\
{% macro report(it) %}
{{ it.title|marked }}
{{ it.outlet|isolated }} · {{ it.times }}
{% if it.url %}
{{ it.url }}
{% endif %}
{% if it.lead %}

{{ it.lead|isolated }}
{% endif %}
{% if it.why %}

{{ "Matched in its " ~ it.why_in ~ ": " if it.why_in }}{{ it.why|marked }}
{% endif %}
{% endmacro %}
{% if view.heading %}
{{ view.heading }}

{% endif %}
{% for line in view.note %}
{{ line|isolated }}
{% endfor %}
{% for it in view.lines %}
{% if not loop.first %}

{% endif %}
{{ "Urgent: " if it.urgent }}{{ it.title|isolated }}
{% if it.new %}
{{ it.new|isolated }}
{% endif %}
{{ [it.outlet|isolated, it.spread, it.rules|map("isolated")|join(", ")]|select|join(" · ") }}
{% if it.url %}
{{ it.url }}
{% endif %}
{% endfor %}
{% if view.lines and view.unlisted %}

… and {{ view.unlisted }} more
{%- if view.unlisted_of %} ({{ view.unlisted_of|map("isolated")|join(", ") }}){% endif %}: {{ view.more }}
{% endif %}
{% if view.report %}
{{ report(view.report) }}
{% endif %}
{% if view.rules %}
{{ "Urgent" if view.urgent else "Rule" }}: {{ view.rules|map("isolated")|join(", ") }}
{% endif %}
{% if view.spread %}
Told by {{ view.spread }}
{% endif %}
{% if view.story_url %}
Story: {{ view.story_url }}
{% endif %}
{% if view.report or view.lines %}
{{ view.numbers }}
{% endif %}
{% if view.further %}

Also in this message:
{% for it in view.further %}

{{ report(it) }}
{%- endfor %}
{% if view.unlisted %}

… and {{ view.unlisted }} more.
{% endif %}
{% endif %}
"""

# No style sheet: mail programs drop them. Colours are left to the reader's program, which knows day from night.
HTML: Final = """\
<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
</head>
<body style="font: 16px/1.4 sans-serif; max-width: 40em">
{% macro tongue(it) %}dir="auto"{% if it.language %} lang="{{ it.language }}"{% endif %}{% endmacro %}
{% macro title(it) %}
{% if it.url %}
<a href="{{ it.url }}">{{ it.title|marked }}</a>
{%- else %}
{{ it.title|marked }}
{%- endif %}
{% endmacro %}
{% macro report(it) %}
<p style="margin: 4px 0"><small><bdi>{{ it.outlet }}</bdi> · {{ it.times }}</small></p>
{% if it.lead %}
<p dir="auto" style="margin: 8px 0">{{ it.lead }}</p>
{% endif %}
{% if it.why %}
<blockquote dir="auto" style="margin: 8px 0; padding: 0 12px; border-inline-start: 3px solid #888">
{%- if it.why_in %}Matched in its {{ it.why_in }}: {% endif %}{{ it.why|marked }}</blockquote>
{% endif %}
{% endmacro %}
{% if view.heading %}
<p>{{ view.heading }}</p>
{% endif %}
{% for line in view.note %}
<p dir="auto">{{ line }}</p>
{% endfor %}
{% if view.lines %}
<ol style="padding-inline-start: 24px">
{% for it in view.lines %}
<li style="margin: 12px 0">{% if it.urgent %}<strong>Urgent:</strong> {% endif %}<span {{ tongue(it) }}>
{%- if it.url %}<a href="{{ it.url }}">{{ it.title }}</a>{% else %}{{ it.title }}{% endif %}</span>
{%- if it.new %}<br>{{ it.new }}{% endif %}
{%- if it.outlet or it.rules %}<br>
<small><bdi>{{ it.outlet }}</bdi>{% if it.spread %} · {{ it.spread }}{% endif %}
{%- for rule in it.rules %}{{ " · " if loop.first else ", " }}<bdi>{{ rule }}</bdi>{% endfor %}</small>
{%- endif %}</li>
{% endfor %}
</ol>
{% if view.unlisted %}
<p>… and {{ view.unlisted }} more
{%- for whose in view.unlisted_of %}{{ " (" if loop.first else ", " }}<bdi>{{ whose }}</bdi>
{%- if loop.last %}){% endif %}{% endfor %}: <code>{{ view.more }}</code></p>
{% endif %}
{% endif %}
{% if view.report %}
<h1 {{ tongue(view.report) }} style="font-size: 20px; margin: 0">{{ title(view.report) }}</h1>
{{ report(view.report) }}
{%- endif %}
{% if view.rules %}
<p>{{ "Urgent" if view.urgent else "Rule" }}: {% for rule in view.rules %}<bdi>{{ rule }}</bdi>
{%- if not loop.last %}, {% endif %}{% endfor %}
{% if view.spread %}<br>Told by {{ view.spread }}{% endif %}
{% if view.story_url %}<br><a href="{{ view.story_url }}">The whole story</a>{% endif %}</p>
{% endif %}
{% if view.report or view.lines %}
<p><small>{{ view.numbers }}</small></p>
{% endif %}
{% if view.further %}
<p>Also in this message:</p>
<ul>
{% for it in view.further %}
<li style="margin: 8px 0"><span {{ tongue(it) }}>{{ title(it) }}</span>
{{ report(it) }}</li>
{% endfor %}
</ul>
{% if view.unlisted %}
<p>… and {{ view.unlisted }} more.</p>
{% endif %}
{% endif %}
</body>
</html>
"""
