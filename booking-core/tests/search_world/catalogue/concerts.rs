//! Concerts.

use super::{WorldEvent, event};

pub(super) const EVENTS: &[WorldEvent] = &[
    event("zurich-jazz", "Jazz am See")
        .at("zurich", "Seebühne", "2027-06-18T19:30", 180)
        .of("concert", &["jazz", "open-air"])
        .says("Drei Bands spielen am Wasser, bei Regen im Saal.")
        .sells((4_500, "CHF"), 600, 412),
    event("zurich-orgel", "Nacht der Orgel")
        .at("zurich", "Predigerkirche", "2027-05-21T20:00", 240)
        .of("concert", &["orgel", "classical"])
        .says("Bach, Messiaen und Improvisationen bis Mitternacht.")
        .sells((0, "CHF"), 400, 0),
    event("geneva-oeuvre", "L’œuvre pour piano de Fauré")
        .at("geneva", "Victoria Hall", "2027-09-30T20:00", 130)
        .of("concert", &["piano", "classical"])
        .says("Intégrale en trois soirées.")
        .sells((6_200, "CHF"), 900, 310),
    event("ascona-jazz", "New Orleans Nights")
        .at("ascona", "", "2027-06-25T21:00", 180)
        .of("concert", &["jazz"])
        .says("Street parade and two brass bands on the lake front.")
        .sells((3_500, "CHF"), 300, 299),
    event("berlin-philharmonie", "Mahlers Zweite")
        .at("berlin", "Philharmonie", "2027-10-14T20:00", 110)
        .of("concert", &["classical", "symphony"])
        .says("Auferstehung mit großem Chor.")
        .sells((7_900, "EUR"), 1_100, 902),
    event("hamburg-cmoll", "Messe in c-Moll")
        .at("hamburg", "Michel", "2027-11-21T18:00", 75)
        .of("concert", &["mozart", "classical", "choir"])
        .says("Mozarts große Messe mit Soli, Chor und Orchester.")
        .sells((3_900, "EUR"), 799, 505),
    event("munich-rock", "Rock & Roll (live)")
        .at("munich", "Halle 6", "2027-08-27T20:30", 150)
        .of("concert", &["rock"])
        .says("Fifties bis zum Umfallen.")
        .sells((3_200, "EUR"), 700, 90),
    event("essen-zollverein", "Klavierfest im Kesselhaus")
        .at("essen", "Zeche Nord", "2027-07-02T19:00", 150)
        .of("concert", &["piano"])
        .says("Jazz und Klassik zwischen Kesseln.")
        .sells((4_200, "EUR"), 350, 120),
    event("salzburg-mozart", "Mozart by Candlelight")
        .at("salzburg", "Festung", "2027-08-14T20:00", 90)
        .of("concert", &["mozart", "classical"])
        .says("Serenades with a view of the old town.")
        .sells((5_900, "EUR"), 180, 160),
    event("graz-chor", "Chornacht")
        .at("graz", "", "2027-05-28T18:00", 300)
        .of("concert", &["choir"])
        .says("Fünfzig Chöre singen an fünfzig Orten.")
        .sells((0, "EUR"), 2_000, 0),
    event("paris-us-country", "Country Music Saturday")
        .at("paris-us", "Lamar County Fairground", "2027-05-15T17:00", 300)
        .of("concert", &["country", "family"])
        .says("Fiddles, boots and barbecue under the other Eiffel Tower.")
        .sells((2_000, "USD"), 1_500, 300),
    event("lyon-nuits", "Les nuits de Fourvière en fanfare")
        .at("lyon", "Théâtre antique", "2027-07-03T21:00", 150)
        .of("concert", &["brass", "open-air"])
        .says("Fanfares de Marseille à Belgrade.")
        .sells((3_600, "EUR"), 1_500, 1_000),
    event("strasbourg-noel", "Concert de Noël à la cathédrale")
        .at("strasbourg", "Cathédrale", "2027-12-18T20:30", 100)
        .of("concert", &["christmas", "choir"])
        .says("Chants d’Alsace et œuvres de Charpentier.")
        .sells((2_400, "EUR"), 1_000, 200),
    event("london-proms", "Last Night Singalong")
        .at("london", "Alexandra Hall", "2027-09-11T19:00", 180)
        .of("concert", &["classical", "family"])
        .says("Bring a flag and a loud voice.")
        .sells((1_500, "GBP"), 1_000, 1_000),
    event("london-choir", "London Choral Day")
        .at("london", "Southwark Cathedral", "2027-06-05T10:00", 480)
        .of("workshop", &["choir", "singing"])
        .says("Learn a requiem in the morning and sing it at six.")
        .sells((3_000, "GBP"), 400, 80),
    event("london-ki-drums", "Drums of Kiritimati")
        .at("london-ki", "Maneaba", "2027-06-01T08:00", 120)
        .of("concert", &["drums"])
        .says("The first concert of the day, anywhere.")
        .sells((500, "AUD"), 150, 20),
    event("cambridge-carols", "Carols by Candlelight")
        .at("cambridge", "King’s Lane Chapel", "2027-12-20T18:00", 75)
        .of("concert", &["christmas", "choir"])
        .says("Nine lessons, nine carols and mulled wine.")
        .sells((1_200, "GBP"), 350, 350),
    event("cambridge-us-viol", "Viols and Voices")
        .at("cambridge-us", "First Church", "2027-10-09T19:30", 90)
        .of("concert", &["early music"])
        .says("Byrd and Tallis by a consort of viols.")
        .sells((3_500, "USD"), 250, 40),
    event("belfast-trad", "Trad Session Trail")
        .at("belfast", "", "2027-08-08T15:00", 360)
        .of("concert", &["folk", "pub"])
        .says("Five pubs, five sets of fiddle and pipes.")
        .sells((1_000, "GBP"), 120, 60),
    event("dublin-obrien", "O’Brien & Sons")
        .at("dublin", "The Cobblestone Yard", "2027-03-17T20:00", 150)
        .of("concert", &["folk", "pub"])
        .says("Four brothers, eleven instruments.")
        .sells((1_800, "EUR"), 200, 170),
    event("liege-fanfare", "La Fanfare en folie")
        .at("liege", "", "2027-05-01T14:00", 180)
        .of("concert", &["brass"])
        .says("Cuivres, bières et bonne humeur.")
        .sells((500, "EUR"), 300, 10),
    event("luxembourg-piano", "Piano Marathon")
        .at("luxembourg", "Philharmonie", "2027-11-13T10:00", 720)
        .of("concert", &["piano", "classical"])
        .says("Twelve hours, twelve pianists, one piano.")
        .sells((2_500, "EUR"), 600, 144),
    event("madrid-flamenco", "Noche flamenca")
        .at("madrid", "Corral de la Luna", "2027-04-30T22:30", 90)
        .of("concert", &["flamenco", "dance"])
        .says("Cante, toque y baile en un patio antiguo.")
        .sells((3_200, "EUR"), 90, 88),
    event("coruna-gaitas", "Encuentro de gaitas")
        .at("coruna", "Plaza de María Pita", "2027-08-07T19:00", 180)
        .of("concert", &["folk"])
        .says("Gaitas gallegas, asturianas y escocesas.")
        .sells((0, "EUR"), 2_500, 0),
    event("naples-canzone", "Canzoni di Napoli")
        .at("naples", "Chiostro", "2027-05-08T20:00", 100)
        .of("concert", &["folk"])
        .says("Da Posillipo al Vesuvio con mandolini.")
        .sells((1_500, "EUR"), 150, 60),
    event("venice-vivaldi", "Le quattro stagioni")
        .at("venice", "Scuola Grande", "2027-04-16T20:30", 70)
        .of("concert", &["vivaldi", "classical"])
        .says("Vivaldi su strumenti d’epoca.")
        .sells((3_300, "EUR"), 220, 219),
    event("athens-rebetiko", "Βραδιά ρεμπέτικου")
        .at("athens", "Στοά των Αθανάτων", "2027-04-17T22:00", 240)
        .of("concert", &["ρεμπέτικο"])
        .says("Μπουζούκι και φωνή ως το πρωί.")
        .sells((1_800, "EUR"), 120, 70),
    event("istanbul-caz", "İstanbul Caz Geceleri")
        .at("istanbul", "Açıkhava Sahnesi", "2027-07-01T21:00", 180)
        .of("concert", &["caz", "jazz"])
        .says("Boğaz kıyısında yaz konserleri.")
        .sells((95_000, "TRY"), 1_750, 950),
    event("warsaw-chopin", "Chopin w Łazienkach")
        .at("warsaw", "Łazienki Królewskie", "2027-05-16T12:00", 60)
        .of("concert", &["chopin", "piano", "open-air"])
        .says("Recital fortepianowy pod pomnikiem.")
        .sells((0, "PLN"), 5_000, 0),
    event("wroclaw-gitary", "Tysiąc gitar na rynku")
        .at("wroclaw", "Rynek", "2027-05-01T16:00", 60)
        .of("concert", &["guitar", "rock"])
        .says("Wszyscy grają Hey Joe.")
        .sells((0, "PLN"), 999, 998),
    event("gyor-orgona", "Orgonaest")
        .at("gyor", "Bazilika", "2027-09-17T19:00", 80)
        .of("concert", &["organ"])
        .says("Bach és Liszt a győri bazilikában.")
        .sells((350_000, "HUF"), 400, 0),
    event("belgrade-trubaci", "Noć trubača")
        .at("belgrade", "Kalemegdan", "2027-08-13T20:00", 300)
        .of("concert", &["brass"])
        .says("Trube do zore.")
        .sells((150_000, "RSD"), 5_000, 1_000),
    event("pristina-xhaz", "Net’ e xhazit")
        .at("pristina", "Dodona", "2027-11-10T20:00", 120)
        .of("concert", &["jazz"])
        .says("Kuartete nga Ballkani.")
        .sells((1_000, "EUR"), 150, 20),
    event("goteborg-kor", "Körfest i kyrkan")
        .at("goteborg", "Vasakyrkan", "2027-04-25T15:00", 120)
        .of("concert", &["choir"])
        .says("Två hundra röster sjunger våren in.")
        .sells((15_000, "SEK"), 700, 210),
    event("oslo-jazz", "Sommerjazz på øya")
        .at("oslo", "Hovedøya", "2027-08-11T18:00", 180)
        .of("concert", &["jazz", "open-air"])
        .says("Båten går hvert kvarter.")
        .sells((39_000, "NOK"), 900, 870),
    event("tromso-nordlys", "Nordlyskonsert")
        .at("tromso", "Ishavskatedralen", "2028-01-28T21:00", 60)
        .of("concert", &["classical"])
        .says("Sang og orgel under nordlyset.")
        .sells((29_500, "NOK"), 600, 150),
    event("copenhagen-oerne", "Øernes sange")
        .at("copenhagen", "Christianshavns Kirke", "2027-09-05T16:00", 90)
        .of("concert", &["folk", "choir"])
        .says("Færøske, grønlandske og danske viser.")
        .sells((18_000, "DKK"), 350, 100),
    event("thingvellir-rimur", "Rímur á Þingvöllum")
        .at("thingvellir", "", "2027-06-17T14:00", 120)
        .of("concert", &["folk"])
        .says("Kveðskapur á þjóðhátíðardaginn.")
        .sells((0, "ISK"), 1_000, 0),
    event("torshavn-summar", "Summartónar")
        .at("torshavn", "Norðurlandahúsið", "2027-06-24T20:00", 90)
        .of("concert", &["classical"])
        .says("Nýggj føroysk tónlist.")
        .sells((20_000, "DKK"), 400, 60),
    event("nuuk-drum", "Katuaq Drum Dance")
        .at("nuuk", "Katuaq", "2027-06-21T19:00", 120)
        .of("concert", &["drums", "folk"])
        .says("Qilaat and electronics on the national day.")
        .sells((15_000, "DKK"), 500, 80),
    event("almaty-kuy", "Вечер домбры")
        .at("almaty", "Дворец Республики", "2027-10-23T18:00", 120)
        .of("concert", &["folk"])
        .says("Кюи великих мастеров и ёлка в подарок.")
        .sells((500_000, "KZT"), 2_500, 600),
    event("kuwait-oud", "Oud Nights")
        .at("kuwait", "Dar al-Athar", "2027-04-22T19:30", 120)
        .of("concert", &["oud"])
        .says("Masters of the oud from Baghdad to Muscat.")
        .sells((7_500, "KWD"), 300, 90),
    event("chiang-mai-jazz", "แจ๊สริมน้ำปิง")
        .at("chiang-mai", "ริเวอร์ไซด์", "2027-11-20T19:00", 180)
        .of("concert", &["jazz"])
        .says("ค่ำคืนดนตรีแจ๊สที่เชียงใหม่")
        .sells((35_000, "THB"), 200, 40),
    event("hanoi-nhac", "Đêm nhạc Trịnh")
        .at("hanoi", "Nhà hát Lớn", "2027-04-01T20:00", 120)
        .of("concert", &["acoustic"])
        .says("Những bản tình ca bất tử.")
        .sells((800_000, "VND"), 600, 410),
    event("yogyakarta-gamelan", "Gamelan Java Court Music")
        .at("yogyakarta", "Kraton", "2027-05-06T09:00", 120)
        .of("concert", &["gamelan", "classical"])
        .says("Court music of Java with bedhaya dance.")
        .sells((15_000_000, "IDR"), 150, 30),
    event("tokyo-jazz", "東京ジャズナイト")
        .at("tokyo", "渋谷ホール", "2027-09-18T18:00", 240)
        .of("concert", &["jazz", "ジャズ"])
        .says("国内外のジャズミュージシャンが集まる夜。")
        .sells((8_800, "JPY"), 600, 550),
    event("hong-kong-canto", "粵語流行曲之夜")
        .at("hong-kong", "紅館", "2027-08-28T20:15", 150)
        .of("concert", &["cantopop"])
        .says("八十年代金曲重溫。")
        .sells((68_000, "HKD"), 1_000, 1_000),
    event("ulaanbaatar-khuur", "Морин хуурын наадам")
        .at("ulaanbaatar", "Сүхбаатарын талбай", "2027-07-12T11:00", 120)
        .of("concert", &["folk"])
        .says("Мянган морин хуур нэгэн зэрэг.")
        .sells((3_000_000, "MNT"), 1_000, 100),
    event("suva-meke", "Meke Night")
        .at("suva", "Albert Park", "2027-08-27T18:00", 180)
        .of("concert", &["dance", "folk"])
        .says("Fijian meke, drums and a lovo dinner.")
        .sells((2_000, "FJD"), 900, 200),
    event("taveuni-lali", "Lali Drums at the Date Line")
        .at("taveuni", "180th Meridian", "2027-08-28T06:00", 60)
        .of("concert", &["drums"])
        .says("Stand in two days at once while the lali sounds.")
        .sells((1_000, "FJD"), 100, 10),
    event("apia-fiafia", "Fiafia by the Sea")
        .at("apia", "Taumeasina", "2027-08-26T19:00", 150)
        .of("concert", &["dance", "folk"])
        .says("Siva, fire knives and an umu dinner.")
        .sells((6_000, "WST"), 200, 30),
    event("nukualofa-brass", "Royal Brass Evening")
        .at("nukualofa", "Palace Green", "2027-08-25T18:00", 90)
        .of("concert", &["brass"])
        .says("Hymns and marches of the Tongan police band.")
        .sells((0, "TOP"), 400, 0),
    event("honolulu-slack", "Slack Key Sunset")
        .at("honolulu", "Kapiʻolani Park", "2027-08-21T16:00", 180)
        .of("concert", &["guitar", "open-air"])
        .says("Kī hōʻalu guitar as the sun goes down.")
        .sells((3_500, "USD"), 700, 350),
    event("new-york-organ", "Night of the Organ")
        .at("new-york", "Riverside Church", "2027-05-07T19:00", 300)
        .of("concert", &["organ", "classical"])
        .says("Six organists, one instrument of 12,000 pipes.")
        .sells((2_500, "USD"), 1_500, 200),
    event("new-orleans-jazz", "Second Line Sunday")
        .at("new-orleans", "Tremé", "2027-04-25T12:00", 240)
        .of("concert", &["jazz", "brass"])
        .says("A walking parade with four brass bands.")
        .sells((0, "USD"), 3_000, 0),
    event("austin-swift", "Swift Strings")
        .at("austin", "Continental Hall", "2027-09-16T20:00", 90)
        .of("concert", &["classical", "bluegrass"])
        .says("A quartet that plays faster than you can clap.")
        .sells((2_800, "USD"), 180, 60),
    event("sao-paulo-choro", "Roda de choro e jazz")
        .at("sao-paulo", "Praça Benedito", "2027-04-03T14:00", 240)
        .of("concert", &["choro", "jazz"])
        .says("Pandeiro, cavaquinho e improviso.")
        .sells((0, "BRL"), 500, 0),
    event("alert-sing", "Midnight Sun Singalong")
        .at("alert", "Weather Station", "2027-06-21T20:00", 120)
        .of("concert", &["singing"])
        .says("Songs at the top of the world.")
        .sells((0, "CAD"), 60, 12),
    event("past-berlin-jazz", "Jazz im Winter")
        .at("berlin", "Quasimodo", "2027-01-16T21:00", 150)
        .of("concert", &["jazz"])
        .says("Ein Quintett gegen die Kälte.")
        .sells((2_400, "EUR"), 200, 200),
    event("past-paris-valse", "Valse d’hiver")
        .at("paris", "Salle Gaveau", "2026-12-12T20:00", 120)
        .of("concert", &["waltz", "classical"])
        .says("Valses de Chopin et de Ravel.")
        .sells((3_900, "EUR"), 900, 500),
    event("draft-zurich-jazz", "Jazz im Keller")
        .at("zurich", "Moods", "2027-06-04T20:30", 150)
        .of("concert", &["jazz"])
        .says("Programm folgt.")
        .sells((3_000, "CHF"), 150, 0)
        .draft(),
    event("cancelled-nice-jazz", "Jazz at Dawn")
        .at("nice", "Colline du Château", "2027-07-21T05:30", 90)
        .of("concert", &["jazz"])
        .says("Called off because of works on the hill.")
        .sells((1_500, "EUR"), 200, 45)
        .cancelled(),
];
