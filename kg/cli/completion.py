"""Shell completion: scripts for bash, zsh and fish, and the words that they offer.

The scripts ask `kg complete WORDS`, so they know the commands, options and values of the installed version, and the
stored queries and classes of the project in the current folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from kg.cli.command import Commands, write
from kg.errors import FilmGraphError

_SCRIPTS = {
    "bash": """\
_kg() {
    local word=${COMP_WORDS[COMP_CWORD]} line
    local IFS=$'\\n'
    COMPREPLY=()
    for line in $(kg complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
        [[ $line == "$word"* ]] && COMPREPLY+=("$line")
    done
    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o default -F _kg kg
""",
    "zsh": """\
#compdef kg
_kg() {
    local -a words_of_kg=(${(f)"$(kg complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    local -a assignments=(${(M)words_of_kg:#*=}) others=(${words_of_kg:#*=})
    (( $#assignments )) && compadd -S '' -- $assignments
    (( $#others )) && compadd -- $others
    (( $#words_of_kg )) || _files
}
compdef _kg kg
""",
    "fish": """\
function __kg_complete
    set -l words (kg complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
    if set -q words[1]
        printf '%s\\n' $words
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c kg -f -a '(__kg_complete)'
""",
}
_EPILOG = """\
Examples: eval "$(kg completion bash)" in ~/.bashrc; eval "$(kg completion zsh)" in ~/.zshrc after compinit;
kg completion fish > ~/.config/fish/completions/kg.fish"""


def add_commands(commands: Commands) -> None:
    """completion, and complete, which its scripts call."""
    completion = commands.add(
        "completion", "Print a script that completes commands in a shell.", _completion, project=False, epilog=_EPILOG
    )
    completion.add_argument("shell", choices=tuple(_SCRIPTS), help="the shell that runs the script")
    complete = commands.add(
        "complete",
        "List what the last of these words can become.",
        partial(_complete, commands.parser),
        is_listed=False,
    )
    complete.add_argument("words", metavar="WORD", nargs="*", help="the words typed so far")


def _completion(call: argparse.Namespace) -> int:
    write(_SCRIPTS[call.shell])
    return 0


def _complete(parser: argparse.ArgumentParser, call: argparse.Namespace) -> int:
    write("".join(f"{word}\n" for word in completions(parser, call.words, project=call.project)))
    return 0


def completions(
    parser: argparse.ArgumentParser, words: Sequence[str], *, project: str | None = None
) -> tuple[str, ...]:
    """What the last of these words can become; the words before it are complete."""
    *before, last = words or [""]
    positionals: list[str] = []
    pending: argparse.Action | None = None
    names: list[str] = []
    for word in before:
        if pending is not None:
            project = word if pending.dest == "project" else project
            pending = None
        elif (option := _options(parser).get(word)) is not None:
            pending = option if option.nargs != 0 else None
        elif (command := _subcommands(parser).get(word)) is not None:
            parser, names, positionals = command, [*names, word], []
        elif not word.startswith("-"):
            positionals.append(word)
    if pending is not None:
        offered: Iterable[str] = map(str, pending.choices or ())
    elif last.startswith("-"):
        offered = _options(parser)
    else:
        offered = (*_subcommands(parser), *_values(parser, names, positionals, project))
    return tuple(sorted(word for word in set(offered) if word.startswith(last)))


def _options(parser: argparse.ArgumentParser) -> Mapping[str, argparse.Action]:
    """The listed options, by each of their names."""
    actions = (action for action in parser._actions if action.help != argparse.SUPPRESS)
    return {name: action for action in actions for name in action.option_strings}


def _subcommands(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            listed = {choice.dest for choice in action._choices_actions}
            return {name: command for name, command in action.choices.items() if name in listed}
    return {}


def _values(
    parser: argparse.ArgumentParser, names: Sequence[str], positionals: Sequence[str], project: str | None
) -> Iterator[str]:
    """The values of the next argument: its choices, stored queries and their parameters, classes and properties."""
    commands = argparse._SubParsersAction
    arguments = [it for it in parser._actions if not it.option_strings and not isinstance(it, commands)]
    if len(positionals) < len(arguments) and (choices := arguments[len(positionals)].choices):
        yield from map(str, choices)
    try:
        if names == ["ask"]:
            yield from _query_words(positionals, project)
        elif names == ["schema"] and not positionals:
            yield from _terms(project)
    except (FilmGraphError, OSError):
        return


def _query_words(positionals: Sequence[str], project: str | None) -> Iterator[str]:
    from kg.project import find_project
    from kg.queries.stored_query import StoredQueries

    queries = StoredQueries(find_project(project).queries)
    if not positionals:
        yield from queries
        return
    given = {word.partition("=")[0] for word in positionals[1:]}
    yield from (f"{param.name}=" for param in queries.find(positionals[0]).params if param.name not in given)


def _terms(project: str | None) -> Iterator[str]:
    from kg.project import find_project
    from kg.schema import read_ontology, to_schema

    schema = to_schema(read_ontology(find_project(project).ontology))
    yield from (term.name for term in (*schema.types.values(), *schema.properties.values()))
