//! Museums, food, markets, books, and what families do.

use super::{WorldEvent, event};

pub(super) const EVENTS: &[WorldEvent] = &[
    event("zurich-wine", "Rotwein und Saxofon")
        .at("zurich", "Weinkeller Enge", "2027-04-30T19:00", 150)
        .of("food", &["wine"])
        .says("Sechs Weine, dazu leiser Jazz.")
        .sells((8_500, "CHF"), 40, 31),
    event("zurich-museum", "Lange Nacht der Museen")
        .at("zurich", "", "2027-09-04T18:00", 480)
        .of("museum", &["family", "art"])
        .says("Fünfzig Häuser, ein Ticket.")
        .sells((2_500, "CHF"), 3_750, 1_000),
    event("basel-art", "Art Week Basel")
        .at("basel", "Messe", "2027-06-15T00:00", 8_640)
        .of("exhibition", &["art", "design"])
        .says("Galleries, fairs and very expensive bananas.")
        .sells((6_500, "CHF"), 3_000, 1_000),
    event("berlin-museum", "Museumsinsel bei Nacht")
        .at("berlin", "Museumsinsel", "2027-08-28T18:00", 360)
        .of("museum", &["art", "history"])
        .says("Nofretete im Taschenlampenlicht.")
        .sells((1_800, "EUR"), 2_999, 866),
    event("essen-food", "Essen in Essen")
        .at("essen", "Rüttenscheid", "2027-06-12T11:00", 600)
        .of("food", &["street food", "family"])
        .says("Alles, was man essen kann, auf einer Straße.")
        .sells((0, "EUR"), 8_000, 0),
    event("hamburg-fish", "Fischmarkt mit Frühschoppen")
        .at("hamburg", "Auktionshalle", "2027-05-02T05:00", 270)
        .of("market", &["fish", "brass"])
        .says("Aale, Obst und Blasmusik.")
        .sells((0, "EUR"), 6_000, 0),
    event("leipzig-books", "Lesenächte")
        .at("leipzig", "Alte Handelsbörse", "2027-03-18T00:00", 5_760)
        .of("festival", &["books", "literature"])
        .says("Lesungen in Buchläden, Kneipen und Straßenbahnen.")
        .sells((0, "EUR"), 10_000, 0),
    event("vienna-coffee", "Kaffeehaus-Lesung")
        .at("vienna", "Café Central Süd", "2027-11-03T19:00", 90)
        .of("talk", &["literature", "coffee"])
        .says("Altenberg, Melange und Apfelstrudel.")
        .sells((1_500, "EUR"), 70, 41),
    event("paris-boeuf", "Bœuf, vin et œufs")
        .at("paris", "Atelier des Halles", "2027-05-15T10:00", 240)
        .of("workshop", &["cooking", "cuisine"])
        .says("La cuisine bourguignonne sans peur.")
        .sells((12_000, "EUR"), 12, 7),
    event("paris-louvre", "Nocturne au musée")
        .at("paris", "Louvre", "2027-03-05T18:00", 225)
        .of("museum", &["art"])
        .says("La Joconde presque pour vous seul.")
        .sells((2_200, "EUR"), 1_000, 820),
    event("paris-us-fair", "Eiffel Tower Day")
        .at("paris-us", "Love Civic Center", "2027-07-14T10:00", 360)
        .of("family", &["fair", "food"])
        .says("Hot dogs, berets and a red hat on top.")
        .sells((0, "USD"), 2_000, 0),
    event("lyon-bouchons", "Tour des bouchons")
        .at("lyon", "Presqu’île", "2027-10-08T19:00", 180)
        .of("food", &["cuisine", "wine"])
        .says("Quenelles, tablier de sapeur et beaujolais.")
        .sells((7_500, "EUR"), 24, 20),
    event("nice-carnaval", "Carnaval des fleurs")
        .at("nice", "Promenade", "2028-02-19T14:00", 150)
        .of("festival", &["carnival", "flowers", "family"])
        .says("Chars fleuris et batailles de mimosas.")
        .sells((2_700, "EUR"), 3_999, 866),
    event("strasbourg-marche", "Marché de Noël")
        .at("strasbourg", "Place Broglie", "2027-11-26T00:00", 41_760)
        .of("market", &["christmas"])
        .says("Vin chaud, bredele et santons.")
        .sells((0, "EUR"), 90_000, 0),
    event("london-tea", "A Nice Cup of Tea")
        .at("london", "Fortnum Annexe", "2027-04-18T15:00", 90)
        .of("food", &["tea"])
        .says("Scones first, politics later.")
        .sells((4_800, "GBP"), 40, 36),
    event("london-museum", "Museum Sleepover")
        .at("london", "Natural History Hall", "2027-05-01T19:00", 840)
        .of("museum", &["family", "dinosaurs"])
        .says("Sleep beneath a blue whale.")
        .sells((7_500, "GBP"), 400, 400),
    event("cambridge-darwin", "Letters of Darwin")
        .at("cambridge", "University Library", "2027-10-15T10:00", 480)
        .of("exhibition", &["science", "history"])
        .says("Beetles, barnacles and bad handwriting.")
        .sells((0, "GBP"), 300, 30),
    event("reading-beer", "Reading Beer Festival")
        .at("reading", "Christchurch Meadow", "2027-04-29T12:00", 3_600)
        .of("festival", &["beer", "food"])
        .says("Five hundred ales by the Thames.")
        .sells((1_000, "GBP"), 6_000, 800),
    event("cardiff-rarebit", "Rarebit and Wine")
        .at("cardiff", "Market Hall", "2027-11-05T18:30", 120)
        .of("food", &["cheese", "wine"])
        .says("Cheese on toast, taken seriously.")
        .sells((2_800, "GBP"), 40, 14),
    event("galway-oysters", "Oyster Weekend")
        .at("galway", "Spanish Arch", "2027-09-24T00:00", 4_320)
        .of("festival", &["food", "oysters"])
        .says("Shucking contests and stout.")
        .sells((4_500, "EUR"), 1_500, 600),
    event("amsterdam-rembrandt", "Rembrandt in het donker")
        .at("amsterdam", "Museumkwartier", "2027-03-10T19:30", 120)
        .of("museum", &["art"])
        .says("Met één lamp langs de meesters.")
        .sells((2_750, "EUR"), 150, 92),
    event("liege-gaufres", "Atelier gaufres de Liège")
        .at("liege", "La Batte", "2027-10-17T10:00", 120)
        .of("workshop", &["cooking", "waffles"])
        .says("Pâte levée et sucre perlé.")
        .sells((3_500, "EUR"), 10, 10),
    event("madrid-tapas", "Ruta de tapas")
        .at("madrid", "La Latina", "2027-05-15T13:00", 180)
        .of("food", &["tapas", "wine"])
        .says("Caracoles, croquetas y vermut.")
        .sells((3_900, "EUR"), 20, 16),
    event("madrid-prado", "Goya de noche")
        .at("madrid", "Museo del Prado", "2027-10-22T20:00", 120)
        .of("museum", &["art"])
        .says("Pinturas negras a la luz de las velas.")
        .sells((1_800, "EUR"), 500, 410),
    event("barcelona-paella", "Paella a la platja")
        .at("barcelona", "Barceloneta", "2027-09-12T11:00", 240)
        .of("workshop", &["cooking"])
        .says("Arròs, foc i paciència.")
        .sells((6_500, "EUR"), 24, 13),
    event("coruna-pulpo", "Fiesta del pulpo")
        .at("coruna", "Puerto", "2027-08-08T12:00", 480)
        .of("festival", &["food"])
        .says("Pulpo, cachelos y empanada.")
        .sells((0, "EUR"), 7_000, 0),
    event("lisbon-azulejos", "Oficina de azulejos")
        .at("lisbon", "Museu do Azulejo", "2027-04-24T10:00", 180)
        .of("workshop", &["crafts", "tiles"])
        .says("Pinte o seu próprio azulejo.")
        .sells((5_500, "EUR"), 12, 5),
    event("milan-design", "Settimana del design")
        .at("milan", "Brera", "2027-04-13T00:00", 8_640)
        .of("exhibition", &["design"])
        .says("Mobili, lampade e aperitivi.")
        .sells((0, "EUR"), 50_000, 0),
    event("venice-carnevale", "Ballo in maschera")
        .at("venice", "Palazzo Pisani", "2028-02-26T20:30", 300)
        .of("party", &["carnival", "ball"])
        .says("Maschere obbligatorie, cioccolata calda.")
        .sells((48_000, "EUR"), 250, 140),
    event("athens-souvlaki", "Βραδιά μεζέ και κρασιού")
        .at("athens", "Ψυρρή", "2027-05-07T20:00", 150)
        .of("food", &["wine"])
        .says("Κρασί, ελιές και ιστορίες.")
        .sells((4_500, "EUR"), 30, 12),
    event("izmir-kitap", "İzmir Kitap Şenliği")
        .at("izmir", "Kültürpark", "2027-04-16T00:00", 12_960)
        .of("festival", &["books"])
        .says("Yazarlar, sahaflar ve çocuk atölyeleri.")
        .sells((0, "TRY"), 30_000, 0),
    event("krakow-dragon", "Smok pod Wawelem")
        .at("krakow", "Bulwary", "2027-06-06T11:00", 300)
        .of("family", &["dragons", "fair"])
        .says("Parada smoków i rycerze.")
        .sells((0, "PLN"), 9_000, 0),
    event("lodz-film", "Festiwal kina niezależnego")
        .at("lodz", "Szkoła filmowa", "2027-11-24T00:00", 7_200)
        .of("festival", &["film"])
        .says("Krótkie metraże i żółte napisy.")
        .sells((15_000, "PLN"), 900, 310),
    event("budapest-furdo", "Éjszakai fürdő")
        .at("budapest", "Széchenyi", "2027-10-16T22:00", 300)
        .of("party", &["spa", "electronic"])
        .says("Termálvíz és lemezlovasok.")
        .sells((2_200_000, "HUF"), 900, 630),
    event("bucharest-noapte", "Noaptea muzeelor")
        .at("bucharest", "", "2027-05-15T18:00", 600)
        .of("museum", &["art", "family"])
        .says("Toate muzeele, până dimineață.")
        .sells((0, "RON"), 40_000, 0),
    event("sofia-bread", "Работилница за баница")
        .at("sofia", "Женски пазар", "2027-03-27T11:00", 150)
        .of("workshop", &["cooking"])
        .says("Кори, сирене и търпение.")
        .sells((3_500, "EUR"), 12, 4),
    event("ljubljana-dragon", "Zmajev tek zmajčkov")
        .at("ljubljana", "Zmajski most", "2027-05-29T10:00", 120)
        .of("family", &["dragons", "running"])
        .says("Tek za otroke od treh do desetih let.")
        .sells((500, "EUR"), 500, 210),
    event("copenhagen-lights", "Lysfest i Tivoli")
        .at("copenhagen", "Tivoli", "2027-12-13T17:00", 240)
        .of("festival", &["light", "christmas"])
        .says("Lucia, gløgg og æbleskiver.")
        .sells((16_000, "DKK"), 2_250, 825),
    event("reykjavik-thorrablot", "Þorrablót")
        .at("reykjavik", "Grandi", "2028-01-28T19:00", 240)
        .of("food", &["tradition", "viking"])
        .says("Hákarl, brennivín og söngur.")
        .sells((1_290_000, "ISK"), 150, 65),
    event("tbilisi-supra", "სუფრა: ქართული ღვინო")
        .at("tbilisi", "ფაბრიკა", "2027-10-16T19:00", 180)
        .of("food", &["wine"])
        .says("ქვევრის ღვინო და სადღეგრძელოები.")
        .sells((12_000, "GEL"), 40, 13),
    event("tel-aviv-hummus", "סַדְנַת חומוס")
        .at("tel-aviv", "שוק הכרמל", "2027-04-16T10:00", 120)
        .of("workshop", &["cooking"])
        .says("גרגרים, טחינה ולימון.")
        .sells((18_000, "ILS"), 12, 3),
    event("cairo-calligraphy", "ورشة الخط العربي")
        .at("cairo", "بيت السناري", "2027-05-22T17:00", 150)
        .of("workshop", &["calligraphy", "art"])
        .says("قصب وحبر وصبر.")
        .sells((30_000, "EGP"), 20, 11),
    event("dubai-dates", "سوق التمور")
        .at("dubai", "الواجهة البحرية", "2027-08-20T09:00", 600)
        .of("market", &["food", "dates"])
        .says("أربعون نوعا من التمور.")
        .sells((0, "AED"), 5_000, 0),
    event("marrakech-tagine", "Atelier tajine")
        .at("marrakech", "Riad Laarouss", "2027-04-03T10:00", 240)
        .of("workshop", &["cooking"])
        .says("Du marché aux épices à la table.")
        .sells((65_000, "MAD"), 10, 6),
    event("johannesburg-art", "Maboneng Art Walk")
        .at("johannesburg", "Maboneng", "2027-06-13T11:00", 180)
        .of("exhibition", &["art", "walk"])
        .says("Murals, studios and rooftop jazz.")
        .sells((15_000, "ZAR"), 40, 19),
    event("bangkok-market", "ตลาดน้ำยามเช้า")
        .at("bangkok", "คลองลัดมะยม", "2027-04-11T08:00", 180)
        .of("market", &["food", "walk"])
        .says("เที่ยวตลาดและชิมขนมไทย")
        .sells((50_000, "THB"), 20, 9),
    event("da-nang-noodle", "Học nấu mì Quảng")
        .at("da-nang", "Chợ Hàn", "2027-08-14T09:00", 180)
        .of("workshop", &["cooking"])
        .says("Đi chợ, nấu ăn và thưởng thức.")
        .sells((600_000, "VND"), 12, 4),
    event("yogyakarta-batik", "Batik from Central Java")
        .at("yogyakarta", "Kampung Taman", "2027-07-03T09:00", 240)
        .of("workshop", &["batik", "crafts"])
        .says("Wax, dye and patterns of the court.")
        .sells((25_000_000, "IDR"), 15, 6),
    event("manila-lechon", "Fiesta sa Intramuros")
        .at("manila", "Plaza Roma", "2027-06-24T10:00", 600)
        .of("festival", &["food", "family"])
        .says("Lechon, tugtog at palaro.")
        .sells((0, "PHP"), 8_000, 0),
    event("tokyo-yoichi", "東京夜市")
        .at("tokyo", "上野公園", "2027-07-24T17:00", 300)
        .of("market", &["food"])
        .says("屋台と提灯の夏の夜。")
        .sells((0, "JPY"), 8_000, 0),
    event("kyoto-tea", "茶の湯体験")
        .at("kyoto", "建仁寺", "2027-04-25T14:00", 90)
        .of("workshop", &["tea", "tradition"])
        .says("静かな茶室で一服。")
        .sells((5_500, "JPY"), 10, 8),
    event("osaka-takoyaki", "大阪たこ焼き道場")
        .at("osaka", "道頓堀", "2027-05-03T11:00", 90)
        .of("workshop", &["cooking", "food"])
        .says("くるりと返すコツを学ぶ。")
        .sells((3_800, "JPY"), 20, 7),
    event("shanghai-yeshi", "豫园灯会夜市")
        .at("shanghai", "豫园", "2028-01-26T18:00", 240)
        .of("market", &["light", "food"])
        .says("花灯、小吃和猜灯谜。")
        .sells((8_000, "CNY"), 6_666, 1_000),
    event("taipei-yeshi", "士林夜市導覽")
        .at("taipei", "士林", "2027-04-17T18:00", 150)
        .of("food", &["street food", "walk"])
        .says("臭豆腐入門。")
        .sells((80_000, "TWD"), 15, 10),
    event("adelaide-wine", "Barossa Wine Train")
        .at("adelaide", "Central Station", "2027-03-20T09:30", 540)
        .of("food", &["wine"])
        .says("Shiraz by rail.")
        .sells((18_900, "AUD"), 120, 88),
    event("wellington-museum", "Late Night at the Museum")
        .at("wellington", "Te Waka Hall", "2027-04-15T18:00", 240)
        .of("museum", &["jazz", "art"])
        .says("Giant squid, local bands and pinot noir.")
        .sells((1_500, "NZD"), 900, 140),
    event("chatham-sunrise", "First Sunrise of 2028")
        .at("chatham", "Hapupu Beach", "2028-01-01T05:30", 90)
        .of("family", &["sunrise", "new year"])
        .says("Tea and songs before anybody else’s morning.")
        .sells((0, "NZD"), 300, 45),
    event("taveuni-garden", "Tagimaucia Flower Walk")
        .at("taveuni", "Lake Tagimaucia", "2027-11-20T08:00", 300)
        .of("family", &["walk", "flowers"])
        .says("A red and white flower that grows nowhere else.")
        .sells((4_000, "FJD"), 20, 6),
    event("new-york-bagel", "Bagels from Scratch")
        .at("new-york", "Orchard Street Kitchen", "2027-03-28T10:00", 180)
        .of("workshop", &["cooking"])
        .says("Boil, bake and argue about seeds.")
        .sells((9_500, "USD"), 14, 12),
    event("new-york-gallery", "Gallery Night Chelsea")
        .at("new-york", "Chelsea", "2027-05-20T18:00", 180)
        .of("exhibition", &["art"])
        .says("Forty openings, warm wine.")
        .sells((0, "USD"), 2_000, 0),
    event("san-francisco-fog", "Fog Walk")
        .at("san-francisco", "Lands End", "2027-07-11T07:00", 150)
        .of("family", &["walk", "nature"])
        .says("Bring layers.")
        .sells((1_500, "USD"), 25, 25),
    event("washington-cherry", "Cherry Blossom Picnic")
        .at("washington", "Tidal Basin", "2027-04-03T11:00", 240)
        .of("festival", &["flowers", "family"])
        .says("Kites, bento and blossoms if we are lucky.")
        .sells((0, "USD"), 10_000, 0),
    event("anchorage-aurora", "Aurora Photography Night")
        .at("anchorage", "Flattop Trail", "2027-09-24T22:00", 240)
        .of("workshop", &["photography", "aurora"])
        .says("Tripods, thermos flasks and green skies.")
        .sells((7_500, "USD"), 15, 4),
    event("toronto-poutine", "Poutine Crawl")
        .at("toronto", "Kensington Market", "2027-10-02T13:00", 180)
        .of("food", &["poutine", "walk"])
        .says("Five stops, no regrets.")
        .sells((4_500, "CAD"), 30, 28),
    event("montreal-lumiere", "Montréal en lumière")
        .at("montreal", "Vieux-Port", "2028-02-17T00:00", 14_400)
        .of("festival", &["light", "food"])
        .says("Nuit blanche et tables éphémères.")
        .sells((0, "CAD"), 80_000, 0),
    event("guadalajara-tequila", "Tren del tequila")
        .at("guadalajara", "Estación Central", "2027-05-22T09:00", 600)
        .of("food", &["tequila", "mariachi"])
        .says("Mariachi a bordo y campos de agave.")
        .sells((280_000, "MXN"), 200, 165),
    event("lima-ceviche", "Clase de ceviche")
        .at("lima", "Mercado de Surquillo", "2027-06-27T10:00", 150)
        .of("workshop", &["cooking"])
        .says("Limón, ají y pescado fresco.")
        .sells((18_000, "PEN"), 12, 7),
    event("santiago-pena", "Peña de Fiestas Patrias")
        .at("santiago", "Parque O’Higgins", "2027-09-18T12:00", 600)
        .of("festival", &["food", "folk"])
        .says("Cueca, anticuchos y volantines.")
        .sells((0, "CLP"), 20_000, 0),
    event("springfield-picnic", "Town Picnic")
        .at("springfield", "Main Street Park", "2027-07-04T11:00", 300)
        .of("family", &["food", "fair"])
        .says("Pies, sack races and a very small parade.")
        .sells((0, "USD"), 500, 80),
    event("mobile-azalea", "Azalea Trail Open Gardens")
        .at("mobile", "Oakleigh", "2027-03-20T09:00", 360)
        .of("family", &["flowers", "walk"])
        .says("Sixty gardens in full bloom.")
        .sells((1_500, "USD"), 400, 90),
    event("mcmurdo-science", "Penguins over Lunch")
        .at("mcmurdo", "Crary Hall", "2027-12-05T12:00", 60)
        .of("talk", &["science", "animals"])
        .says("What the cameras saw at Cape Royds.")
        .sells((0, "USD"), 80, 15),
    event("alert-astronomy", "Polar Night Astronomy")
        .at("alert", "Dr Neil Trivett Hut", "2027-11-20T18:00", 180)
        .of("workshop", &["science", "stars"])
        .says("Seventy days without sunrise, so no hurry.")
        .sells((0, "CAD"), 20, 5),
    event("online-origami", "Origami für Anfänger")
        .online("2027-04-18T14:00", 60)
        .of("workshop", &["crafts", "family"])
        .says("Kranich, Frosch und Schiff.")
        .sells((0, "EUR"), 100, 37),
    event("online-cheese", "Cheese Tasting by Post")
        .online("2027-04-23T18:00", 75)
        .of("food", &["cheese", "wine"])
        .says("The box arrives the day before.")
        .sells((3_900, "GBP"), 60, 48),
    event("online-untagged", "Parlons de tout")
        .online("2027-05-17T18:00", 60)
        .says("Une heure, aucun sujet imposé."),
    event("kyoto-walk", "Silent Walk").at("kyoto", "", "2027-05-16T06:00", 60).sells(
        (0, "JPY"),
        15,
        2,
    ),
    event("far-future-fair", "World’s Fair of Ideas")
        .at("osaka", "夢洲", "2029-05-12T00:00", 43_200)
        .of("exhibition", &["science", "design"])
        .says("Pavilions from a hundred countries.")
        .sells((7_500, "JPY"), 99_000, 10),
    event("far-future-eclipse", "Eclipse over Sydney")
        .at("sydney", "Observatory Hill", "2028-07-22T13:00", 120)
        .of("family", &["stars", "science"])
        .says("Four minutes of darkness at lunch time.")
        .sells((2_000, "AUD"), 1_500, 700),
];
