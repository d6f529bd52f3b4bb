"""Record linkage: which mentions of films, people and companies in different sources are one entity, and why.

model           mentions, feature scores, candidates and their classification
names           titles and names of people in the forms in which they are compared
part_numbers    numbers of the parts of a series in titles
name_relations  how two names are related: equal, misspelt, one longer, partly equal, different
mentions        facts -> mentions, by source
features        what is compared of a mention; term frequencies; blocking: which pairs are compared at all
causes          why a pair is not simply the same, in a few words
limits          vetoes, and signs of two entities that limit the confidence: sequels, remakes, other directors
scoring         the score of each comparison in bits
classifier      probabilities of pairs by expectation maximisation; same, different or unsure by expected precision
link_mentions   two lists of mentions linked in rounds, or one list with itself; no project is needed
link_project    the sources of a project linked two by two
report          a run as HTML: reliability, features with their weights, examples
review          unsure pairs in batches, and the judgements of reviewers
link_store      data/links.sssom.tsv, and the pairs left to a person
"""
