"""The classes, kinds and properties of the film ontology, as Python names.

Generated from ontology/*.ttl by `python -m kg.ontology_docs.generate`; not edited by hand.

>>> director.value
'https://w3id.org/filmgraph/film/director'
"""

from pyoxigraph import NamedNode

Agent = NamedNode("https://w3id.org/filmgraph/film/Agent")
"""Somebody real who can act: a person or an organisation."""

Album = NamedNode("https://w3id.org/filmgraph/film/Album")
"""Recordings published together."""

Article = NamedNode("https://w3id.org/filmgraph/film/Article")
"""A text published in an outlet."""

Award = NamedNode("https://w3id.org/filmgraph/film/Award")
"""A prize, or one category of a family of prizes."""

AwardCeremony = NamedNode("https://w3id.org/filmgraph/film/AwardCeremony")
"""One award ceremony."""

AwardProgramme = NamedNode("https://w3id.org/filmgraph/film/AwardProgramme")
"""A family of prizes given out again and again, such as the Academy Awards."""

Book = NamedNode("https://w3id.org/filmgraph/film/Book")
"""A written work published as a volume."""

Camera = NamedNode("https://w3id.org/filmgraph/film/Camera")
"""A model of film camera."""

Character = NamedNode("https://w3id.org/filmgraph/film/Character")
"""A person inside the story of a film."""

CharacterGroup = NamedNode("https://w3id.org/filmgraph/film/CharacterGroup")
"""Several characters taken together, such as a family or somebody's parents."""

City = NamedNode("https://w3id.org/filmgraph/film/City")
"""A city or town."""

Company = NamedNode("https://w3id.org/filmgraph/film/Company")
"""An organisation that makes, sells, shows or treats films for a living."""

Country = NamedNode("https://w3id.org/filmgraph/film/Country")
"""A sovereign country."""

Credit = NamedNode("https://w3id.org/filmgraph/film/Credit")
"""One person's part in one work."""

CutMaterial = NamedNode("https://w3id.org/filmgraph/film/CutMaterial")
"""Something written or shot that did not stay in the film."""

District = NamedNode("https://w3id.org/filmgraph/film/District")
"""A borough, quarter or neighbourhood of a city."""

Edition = NamedNode("https://w3id.org/filmgraph/film/Edition")
"""One year of a festival, or one awards ceremony."""

Epilogue = NamedNode("https://w3id.org/filmgraph/film/Epilogue")
"""A text about what comes after the ending."""

Equipment = NamedNode("https://w3id.org/filmgraph/film/Equipment")
"""A camera, lens, film stock or program that films are made with; `kind` states which."""

EquipmentUse = NamedNode("https://w3id.org/filmgraph/film/EquipmentUse")
"""The use of a piece of equipment on one film, with its purpose."""

Event = NamedNode("https://w3id.org/filmgraph/film/Event")
"""Something that really happened or will happen; `kind` states whether it is an interview or another occasion."""

EventSeries = NamedNode("https://w3id.org/filmgraph/film/EventSeries")
"""An event that returns, taken over all its years: `kind` is festival or awards."""

FeatureFilm = NamedNode("https://w3id.org/filmgraph/film/FeatureFilm")
"""A full-length film, made to be shown as the main feature of a programme."""

Festival = NamedNode("https://w3id.org/filmgraph/film/Festival")
"""A film festival, taken over all its years."""

FestivalEdition = NamedNode("https://w3id.org/filmgraph/film/FestivalEdition")
"""One edition of a film festival."""

FictionalAgent = NamedNode("https://w3id.org/filmgraph/film/FictionalAgent")
"""Somebody who acts inside a story: a character or a group of characters."""

Figure = NamedNode("https://w3id.org/filmgraph/film/Figure")
"""A sum of money that a source states: box office or a budget, as the property that leads to it says."""

Film = NamedNode("https://w3id.org/filmgraph/film/Film")
"""A moving-image work of any length."""

FilmStock = NamedNode("https://w3id.org/filmgraph/film/FilmStock")
"""A make of film on which films are shot."""

Genre = NamedNode("https://w3id.org/filmgraph/film/Genre")
"""A kind of film, as a source calls it."""

Inspiration = NamedNode("https://w3id.org/filmgraph/film/Inspiration")
"""What gave somebody the idea for a work or for its look."""

Interview = NamedNode("https://w3id.org/filmgraph/film/Interview")
"""A talk with somebody that an outlet published."""

Jury = NamedNode("https://w3id.org/filmgraph/film/Jury")
"""The people who decide on the prizes of one edition of a festival."""

LegalAct = NamedNode("https://w3id.org/filmgraph/film/LegalAct")
"""A legal step such as an annulment or a divorce."""

Lens = NamedNode("https://w3id.org/filmgraph/film/Lens")
"""A make or series of camera lenses."""

LocationSearch = NamedNode("https://w3id.org/filmgraph/film/LocationSearch")
"""How and where somebody looked for a place to film."""

MusicGroup = NamedNode("https://w3id.org/filmgraph/film/MusicGroup")
"""People who make music together under one name."""

MusicUse = NamedNode("https://w3id.org/filmgraph/film/MusicUse")
"""The use of a song in a film, with the version that is used."""

MusicalWork = NamedNode("https://w3id.org/filmgraph/film/MusicalWork")
"""A work of music."""

Occasion = NamedNode("https://w3id.org/filmgraph/film/Occasion")
"""A speech, press conference or other moment at which something was said."""

Organisation = NamedNode("https://w3id.org/filmgraph/film/Organisation")
"""A company, publication, band, jury or other group of real people; `kind` states which."""

Outlet = NamedNode("https://w3id.org/filmgraph/film/Outlet")
"""A magazine, newspaper, website or podcast in which people write or are quoted."""

Person = NamedNode("https://w3id.org/filmgraph/film/Person")
"""A human being outside the story."""

Place = NamedNode("https://w3id.org/filmgraph/film/Place")
"""A country, city, building or any other place; `kind` states which."""

Playlist = NamedNode("https://w3id.org/filmgraph/film/Playlist")
"""Recordings chosen and put in order by somebody for listening."""

PlotEvent = NamedNode("https://w3id.org/filmgraph/film/PlotEvent")
"""Something that happens in the story of a film."""

Premiere = NamedNode("https://w3id.org/filmgraph/film/Premiere")
"""The first public showing of a film."""

ProductionNote = NamedNode("https://w3id.org/filmgraph/film/ProductionNote")
"""Something about the making of a film: an inspiration, a use of equipment or music, a search for
    locations, or what was cut; `kind` states which."""

Rating = NamedNode("https://w3id.org/filmgraph/film/Rating")
"""The score that an aggregator or a critic gives a film."""

Recognition = NamedNode("https://w3id.org/filmgraph/film/Recognition")
"""A win, a nomination, a place in a list of the best, a record, or a number of these: `outcome`
    says which, and `count` how many."""

Release = NamedNode("https://w3id.org/filmgraph/film/Release")
"""The release of a film in a territory, on a medium."""

Review = NamedNode("https://w3id.org/filmgraph/film/Review")
"""A critic's statement on a work."""

ReviewAggregator = NamedNode("https://w3id.org/filmgraph/film/ReviewAggregator")
"""An outlet that gathers the reviews of others into one score."""

RightsDeal = NamedNode("https://w3id.org/filmgraph/film/RightsDeal")
"""A sale of the rights to distribute a film in a territory."""

Scene = NamedNode("https://w3id.org/filmgraph/film/Scene")
"""A part of a film that a source describes as a unit."""

Screening = NamedNode("https://w3id.org/filmgraph/film/Screening")
"""One showing of a film, mostly at a festival."""

Screenplay = NamedNode("https://w3id.org/filmgraph/film/Screenplay")
"""The text from which a film is made."""

Shoot = NamedNode("https://w3id.org/filmgraph/film/Shoot")
"""A period in which a film was shot."""

ShortFilm = NamedNode("https://w3id.org/filmgraph/film/ShortFilm")
"""A film too short to be a feature."""

Software = NamedNode("https://w3id.org/filmgraph/film/Software")
"""A program or online service with which films are made."""

Song = NamedNode("https://w3id.org/filmgraph/film/Song")
"""A musical work that is sung."""

Source = NamedNode("https://w3id.org/filmgraph/film/Source")
"""A document, table or person from which facts were read."""

State = NamedNode("https://w3id.org/filmgraph/film/State")
"""A state of a federal country."""

Statement = NamedNode("https://w3id.org/filmgraph/film/Statement")
"""What somebody said about something, in our own words."""

StoryObject = NamedNode("https://w3id.org/filmgraph/film/StoryObject")
"""An object in a story, such as a ring; or with the kind legal act, a step such as a divorce."""

Territory = NamedNode("https://w3id.org/filmgraph/film/Territory")
"""An area for which film rights are sold or takings are counted."""

Topic = NamedNode("https://w3id.org/filmgraph/film/Topic")
"""A subject, movement, language, time or other topic that a source mentions."""

Venue = NamedNode("https://w3id.org/filmgraph/film/Venue")
"""A building, house or street where something can happen."""

WebPage = NamedNode("https://w3id.org/filmgraph/film/WebPage")
"""A page or site on the web."""

Work = NamedNode("https://w3id.org/filmgraph/film/Work")
"""Something made by people to be watched, read or heard; `kind` states which, except of films."""

WrittenWork = NamedNode("https://w3id.org/filmgraph/film/WrittenWork")
"""A work made of words."""

about = NamedNode("https://w3id.org/filmgraph/film/about")
"""What a statement or document is about."""

address = NamedNode("https://w3id.org/filmgraph/film/address")
"""The street address."""

affected = NamedNode("https://w3id.org/filmgraph/film/affected")
"""To whom it is done, said or given, or who is meant."""

after = NamedNode("https://w3id.org/filmgraph/film/after")
"""Something that came earlier."""

age = NamedNode("https://w3id.org/filmgraph/film/age")
"""How old a character is, in years."""

agent = NamedNode("https://w3id.org/filmgraph/film/agent")
"""Who did it, or whose credit it is: a person, an organisation or a character."""

amount = NamedNode("https://w3id.org/filmgraph/film/amount")
"""A sum of money, in the currency given with it."""

approximate = NamedNode("https://w3id.org/filmgraph/film/approximate")
"""Whether the source gives the number only roughly."""

asOf = NamedNode("https://w3id.org/filmgraph/film/asOf")
"""The day for which a figure holds."""

averagePerCinema = NamedNode("https://w3id.org/filmgraph/film/averagePerCinema")
"""Box office divided by the number of cinemas."""

award = NamedNode("https://w3id.org/filmgraph/film/award")
"""The award that was won or competed for, or that a record is about."""

awardOf = NamedNode("https://w3id.org/filmgraph/film/awardOf")
"""The festival or award programme to which an award belongs."""

birthDate = NamedNode("https://w3id.org/filmgraph/film/birthDate")
"""When somebody was born."""

boxOffice = NamedNode("https://w3id.org/filmgraph/film/boxOffice")
"""What the film earned at the box office, with territory and period."""

budget = NamedNode("https://w3id.org/filmgraph/film/budget")
"""What the film cost to make."""

buyer = NamedNode("https://w3id.org/filmgraph/film/buyer")
"""Who bought the rights."""

castCredit = NamedNode("https://w3id.org/filmgraph/film/castCredit")
"""A performer's part in the film, with character and casting details."""

castMember = NamedNode("https://w3id.org/filmgraph/film/castMember")
"""Who acts in the film."""

cause = NamedNode("https://w3id.org/filmgraph/film/cause")
"""An event because of which this one happens."""

character = NamedNode("https://w3id.org/filmgraph/film/character")
"""The character played in this credit."""

characterIn = NamedNode("https://w3id.org/filmgraph/film/characterIn")
"""The film whose story the character belongs to."""

cinemas = NamedNode("https://w3id.org/filmgraph/film/cinemas")
"""In how many cinemas the film was showing."""

cinematographer = NamedNode("https://w3id.org/filmgraph/film/cinematographer")
"""The director of photography, who is responsible for camera and lighting."""

claim = NamedNode("https://w3id.org/filmgraph/film/claim")
"""What was said, in our own words."""

comparedWith = NamedNode("https://w3id.org/filmgraph/film/comparedWith")
"""What a source compares it with."""

composer = NamedNode("https://w3id.org/filmgraph/film/composer")
"""Who wrote the music for the film."""

contributor = NamedNode("https://w3id.org/filmgraph/film/contributor")
"""Somebody with any part in the making of a work, in front of the camera or behind it."""

count = NamedNode("https://w3id.org/filmgraph/film/count")
"""How many wins, nominations or losses there were, where a source gives a number."""

countryOfOrigin = NamedNode("https://w3id.org/filmgraph/film/countryOfOrigin")
"""The country or region that a film, an organisation or a person comes from."""

credit = NamedNode("https://w3id.org/filmgraph/film/credit")
"""A part that somebody had in the work, as a node with details."""

creditOf = NamedNode("https://w3id.org/filmgraph/film/creditOf")
"""A cast credit in which this character is played."""

currency = NamedNode("https://w3id.org/filmgraph/film/currency")
"""The ISO 4217 code of the currency."""

date = NamedNode("https://w3id.org/filmgraph/film/date")
"""When it happened or was published, as precisely as the source states."""

description = NamedNode("https://w3id.org/filmgraph/film/description")
"""What it is, or how it is done, in our own words."""

destination = NamedNode("https://w3id.org/filmgraph/film/destination")
"""Where a journey leads."""

director = NamedNode("https://w3id.org/filmgraph/film/director")
"""Who directed the film."""

distributor = NamedNode("https://w3id.org/filmgraph/film/distributor")
"""The company that releases the film."""

duration = NamedNode("https://w3id.org/filmgraph/film/duration")
"""How long it lasts, in words."""

earliest = NamedNode("https://w3id.org/filmgraph/film/earliest")
"""The first possible day, derived from the stated date."""

edition = NamedNode("https://w3id.org/filmgraph/film/edition")
"""The holding of a festival or ceremony at which something happened."""

editionOf = NamedNode("https://w3id.org/filmgraph/film/editionOf")
"""The festival or award programme of which this is one holding."""

editor = NamedNode("https://w3id.org/filmgraph/film/editor")
"""Who edited the film."""

eidrId = NamedNode("https://w3id.org/filmgraph/film/eidrId")
"""The number in the Entertainment Identifier Registry."""

end = NamedNode("https://w3id.org/filmgraph/film/end")
"""When it ended."""

equipment = NamedNode("https://w3id.org/filmgraph/film/equipment")
"""The equipment, program or service that was used."""

eventSeries = NamedNode("https://w3id.org/filmgraph/film/eventSeries")
"""The festival or family of awards at which it happened or to which it belongs."""

excludes = NamedNode("https://w3id.org/filmgraph/film/excludes")
"""An area that is left out of the territory."""

father = NamedNode("https://w3id.org/filmgraph/film/father")
"""Somebody's father."""

file = NamedNode("https://w3id.org/filmgraph/film/file")
"""The name of the file that holds the text."""

follows = NamedNode("https://w3id.org/filmgraph/film/follows")
"""The film that its director made before this one."""

forWork = NamedNode("https://w3id.org/filmgraph/film/forWork")
"""The film for which a person won, was nominated or is honoured."""

format = NamedNode("https://w3id.org/filmgraph/film/format")
"""The gauge or frame format of a film, or the build of a lens."""

fulfils = NamedNode("https://w3id.org/filmgraph/film/fulfils")
"""An earlier event whose promise or order this event carries out."""

genre = NamedNode("https://w3id.org/filmgraph/film/genre")
"""A genre that a source assigns to the film."""

givenBy = NamedNode("https://w3id.org/filmgraph/film/givenBy")
"""Who gives an award, holds a programme, made a list, worked out a score, handed over a prize or gave a job."""

givenName = NamedNode("https://w3id.org/filmgraph/film/givenName")
"""A first name by which somebody is called."""

godparent = NamedNode("https://w3id.org/filmgraph/film/godparent")
"""Somebody's godmother or godfather."""

identifier = NamedNode("https://w3id.org/filmgraph/film/identifier")
"""What another catalogue calls this; the properties below say which catalogue."""

imdbId = NamedNode("https://w3id.org/filmgraph/film/imdbId")
"""The number in the Internet Movie Database: tt for titles, nm for people, co for companies, ev for events."""

inPlotOf = NamedNode("https://w3id.org/filmgraph/film/inPlotOf")
"""The film in whose story it happens."""

inspiredBy = NamedNode("https://w3id.org/filmgraph/film/inspiredBy")
"""A work or a kind of film that gave the idea for this one, or for casting somebody."""

internetArchiveId = NamedNode("https://w3id.org/filmgraph/film/internetArchiveId")
"""The name in the address of an Internet Archive page."""

involves = NamedNode("https://w3id.org/filmgraph/film/involves")
"""An object, legal act, work or topic that it is about, or that is used in it."""

kind = NamedNode("https://w3id.org/filmgraph/film/kind")
"""What narrows the class of an entity, such as city: a word of the list in kinds.ttl."""

language = NamedNode("https://w3id.org/filmgraph/film/language")
"""The language of a text, as a BCP 47 code."""

latest = NamedNode("https://w3id.org/filmgraph/film/latest")
"""The last possible day, derived from the stated date."""

letterboxdId = NamedNode("https://w3id.org/filmgraph/film/letterboxdId")
"""A film's name in the address of its Letterboxd page."""

licence = NamedNode("https://w3id.org/filmgraph/film/licence")
"""Under which terms a text may be used."""

livesIn = NamedNode("https://w3id.org/filmgraph/film/livesIn")
"""Where somebody lives; includes the places that contain it."""

locatedIn = NamedNode("https://w3id.org/filmgraph/film/locatedIn")
"""The place that contains this place."""

location = NamedNode("https://w3id.org/filmgraph/film/location")
"""Where something happens; includes the places that contain it."""

medium = NamedNode("https://w3id.org/filmgraph/film/medium")
"""How the film can be seen: theatrical, digital, a kind of disc."""

memberOf = NamedNode("https://w3id.org/filmgraph/film/memberOf")
"""A group to which somebody belongs, or the company that an organisation is part of."""

mentions = NamedNode("https://w3id.org/filmgraph/film/mentions")
"""A film, person, prize, place or anything else that the document names."""

mother = NamedNode("https://w3id.org/filmgraph/film/mother")
"""Somebody's mother."""

nationality = NamedNode("https://w3id.org/filmgraph/film/nationality")
"""The nation or people to which somebody belongs, as the source calls it."""

number = NamedNode("https://w3id.org/filmgraph/film/number")
"""The number of an edition or of an issue."""

occasion = NamedNode("https://w3id.org/filmgraph/film/occasion")
"""The interview, speech or event at which something was said."""

occupation = NamedNode("https://w3id.org/filmgraph/film/occupation")
"""What somebody does or did for a living, as the source calls it."""

originalLanguage = NamedNode("https://w3id.org/filmgraph/film/originalLanguage")
"""A language that is spoken in the film as it was made."""

outcome = NamedNode("https://w3id.org/filmgraph/film/outcome")
"""What came of it: won, nominated, lost, submitted, listed, record or competed. A nomination that was
    won or lost has both outcomes. Of an event in a story, in our own words."""

outlet = NamedNode("https://w3id.org/filmgraph/film/outlet")
"""Where a statement, review, interview or article appeared."""

ovationMinutes = NamedNode("https://w3id.org/filmgraph/film/ovationMinutes")
"""How long the audience stood and applauded, in minutes."""

owner = NamedNode("https://w3id.org/filmgraph/film/owner")
"""Who owns it or once owned it."""

parent = NamedNode("https://w3id.org/filmgraph/film/parent")
"""Somebody's mother or father."""

participant = NamedNode("https://w3id.org/filmgraph/film/participant")
"""Somebody with a part in the event, such as a host, a jury or whoever is asked in an interview."""

performer = NamedNode("https://w3id.org/filmgraph/film/performer")
"""Who sings or plays a musical work."""

period = NamedNode("https://w3id.org/filmgraph/film/period")
"""The time that something covers: total, opening weekend, rehearsals and so on."""

playedBy = NamedNode("https://w3id.org/filmgraph/film/playedBy")
"""Who plays the character."""

position = NamedNode("https://w3id.org/filmgraph/film/position")
"""The place in a list, a chart, an order of merit or a story; 1 is the first."""

praiseWord = NamedNode("https://w3id.org/filmgraph/film/praiseWord")
"""A word or two of praise or blame, as the speaker used them."""

praisedBy = NamedNode("https://w3id.org/filmgraph/film/praisedBy")
"""Somebody who praised the work."""

president = NamedNode("https://w3id.org/filmgraph/film/president")
"""Who presides over the jury."""

producer = NamedNode("https://w3id.org/filmgraph/film/producer")
"""Who produced the film."""

productionCompany = NamedNode("https://w3id.org/filmgraph/film/productionCompany")
"""A company that made the film."""

productionNote = NamedNode("https://w3id.org/filmgraph/film/productionNote")
"""Something about the making of the work; its kind states what."""

protagonist = NamedNode("https://w3id.org/filmgraph/film/protagonist")
"""The main character of the film."""

publisher = NamedNode("https://w3id.org/filmgraph/film/publisher")
"""Who published it."""

purpose = NamedNode("https://w3id.org/filmgraph/film/purpose")
"""What something is for, or what a person wants to achieve."""

quoted = NamedNode("https://w3id.org/filmgraph/film/quoted")
"""Whether the source quotes the speaker directly."""

rating = NamedNode("https://w3id.org/filmgraph/film/rating")
"""A score for the film, of an aggregator, or of an outlet and its critic."""

reason = NamedNode("https://w3id.org/filmgraph/film/reason")
"""Why it happens or was decided."""

recipient = NamedNode("https://w3id.org/filmgraph/film/recipient")
"""Who won or was nominated, besides the film whose recognition it is."""

recognition = NamedNode("https://w3id.org/filmgraph/film/recognition")
"""A win, nomination, place in a list or record of a film, person or organisation, or a number of
    these."""

relatedTo = NamedNode("https://w3id.org/filmgraph/film/relatedTo")
"""A tie of family, by blood, marriage or baptism."""

release = NamedNode("https://w3id.org/filmgraph/film/release")
"""The release of the film in a territory, in cinemas or on another medium."""

reportedWrongly = NamedNode("https://w3id.org/filmgraph/film/reportedWrongly")
"""Whether the source itself states that the statement is wrong."""

review = NamedNode("https://w3id.org/filmgraph/film/review")
"""A review that somebody wrote, as a node."""

reviewCount = NamedNode("https://w3id.org/filmgraph/film/reviewCount")
"""On how many reviews a score rests."""

rightsDeal = NamedNode("https://w3id.org/filmgraph/film/rightsDeal")
"""A sale of rights in the film."""

role = NamedNode("https://w3id.org/filmgraph/film/role")
"""What somebody did on the film, in a few words; of an actor also leading or supporting."""

rottenTomatoesId = NamedNode("https://w3id.org/filmgraph/film/rottenTomatoesId")
"""The name in the address of a Rotten Tomatoes page."""

runningTime = NamedNode("https://w3id.org/filmgraph/film/runningTime")
"""How long a film, scene or screening runs, in minutes."""

scale = NamedNode("https://w3id.org/filmgraph/film/scale")
"""The highest score possible, or the number of films in a list."""

scene = NamedNode("https://w3id.org/filmgraph/film/scene")
"""A scene of the film."""

score = NamedNode("https://w3id.org/filmgraph/film/score")
"""The score, on the scale given with it; a percentage on the scale 100."""

screening = NamedNode("https://w3id.org/filmgraph/film/screening")
"""A showing of the film."""

seeAlso = NamedNode("https://w3id.org/filmgraph/film/seeAlso")
"""A topic to which a document points its readers."""

seller = NamedNode("https://w3id.org/filmgraph/film/seller")
"""Who sold the rights."""

setIn = NamedNode("https://w3id.org/filmgraph/film/setIn")
"""Where the story of the film is set; includes the places that contain it."""

shoot = NamedNode("https://w3id.org/filmgraph/film/shoot")
"""The film's shooting period."""

shootingDays = NamedNode("https://w3id.org/filmgraph/film/shootingDays")
"""On how many days a film or scene was shot."""

shootingLocation = NamedNode("https://w3id.org/filmgraph/film/shootingLocation")
"""A place where the film was shot, or where a place of its story was; includes the places that contain it."""

spouse = NamedNode("https://w3id.org/filmgraph/film/spouse")
"""Whom somebody is or was married to; the plot events or the source state when."""

start = NamedNode("https://w3id.org/filmgraph/film/start")
"""When it began."""

statement = NamedNode("https://w3id.org/filmgraph/film/statement")
"""A statement that somebody made."""

territory = NamedNode("https://w3id.org/filmgraph/film/territory")
"""The area for which rights, a release, a figure or a record hold, or whose critics a rating counts."""

textOf = NamedNode("https://w3id.org/filmgraph/film/textOf")
"""The film to which a screenplay, epilogue or article belongs."""

theme = NamedNode("https://w3id.org/filmgraph/film/theme")
"""A subject that a work or statement deals with."""

title = NamedNode("https://w3id.org/filmgraph/film/title")
"""The name of a work or document."""

tmdbMovieId = NamedNode("https://w3id.org/filmgraph/film/tmdbMovieId")
"""A film's number in The Movie Database; people are counted apart there."""

tmdbPersonId = NamedNode("https://w3id.org/filmgraph/film/tmdbPersonId")
"""A person's number in The Movie Database; films are counted apart there."""

trait = NamedNode("https://w3id.org/filmgraph/film/trait")
"""A quality that a source gives to somebody or something."""

viafId = NamedNode("https://w3id.org/filmgraph/film/viafId")
"""The number in the Virtual International Authority File of libraries."""

volume = NamedNode("https://w3id.org/filmgraph/film/volume")
"""The volume of a magazine."""

when = NamedNode("https://w3id.org/filmgraph/film/when")
"""Any time at which something happens; every property of time is a subproperty of this one."""

wikidataId = NamedNode("https://w3id.org/filmgraph/film/wikidataId")
"""The item's number in Wikidata, like Q104123."""

wikipediaArticle = NamedNode("https://w3id.org/filmgraph/film/wikipediaArticle")
"""The address of the article about this, in an edition of Wikipedia; linking reads its title and year."""

worksFor = NamedNode("https://w3id.org/filmgraph/film/worksFor")
"""Whom somebody works for, in any manner."""

writer = NamedNode("https://w3id.org/filmgraph/film/writer")
"""Who wrote the screenplay of a film, or a book, an article or another text."""

year = NamedNode("https://w3id.org/filmgraph/film/year")
"""The year of a work, list or edition, as the source gives it."""
