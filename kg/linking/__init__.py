"""Record linkage: which mentions of films, people and companies in different sources are one entity, and why.

model           mentions, feature scores, candidates and their classification
names           titles and names of people in the forms in which they are compared
mentions        facts -> mentions, by source
features        what is compared of a mention; term frequencies; blocking: which pairs are compared at all
scoring         the score of each comparison in bits; vetoes; scores -> confidence -> same, different or unsure
link_project    the sources of a project linked in rounds
link_store      data/links.sssom.tsv, and the pairs left to a person
"""
