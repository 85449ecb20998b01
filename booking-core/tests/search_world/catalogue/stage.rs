//! Theatre, comedy, dance and film.

use super::{WorldEvent, event};

pub(super) const EVENTS: &[WorldEvent] = &[
    event("london-hamlet", "Hamlet")
        .at("london", "The Rose Yard", "2027-05-12T19:30", 190)
        .of("theatre", &["shakespeare"])
        .says("Denmark in modern dress.")
        .sells((4_500, "GBP"), 700, 512),
    event("london-comedy", "Comedy Cellar Late Show")
        .at("london", "Soho Cellar", "2027-03-12T22:00", 90)
        .of("comedy", &["stand-up"])
        .says("Six comics, no interval.")
        .sells((1_800, "GBP"), 110, 110),
    event("london-ballet", "The Sleeping Beauty")
        .at("london", "Coliseum Annexe", "2027-12-22T14:00", 160)
        .of("ballet", &["tchaikovsky", "family"])
        .says("Aurora, a spindle and a very long nap.")
        .sells((6_500, "GBP"), 1_150, 950),
    event("london-ca-hamlet", "Hamlet in the Park")
        .at("london-ca", "Springbank Park", "2027-08-07T19:00", 180)
        .of("theatre", &["shakespeare", "open-air"])
        .says("Bring a blanket and a ghost story.")
        .sells((1_500, "CAD"), 400, 80),
    event("reading-festival", "Reading Festival of Reading")
        .at("reading", "Abbey Ruins", "2027-06-19T10:00", 420)
        .of("festival", &["books", "literature"])
        .says("Authors, poets and a great deal of reading aloud.")
        .sells((1_200, "GBP"), 1_500, 300),
    event("edinburgh-fringe", "One-Woman Macbeth")
        .at("edinburgh", "Tollcross Attic", "2027-08-10T21:15", 60)
        .of("theatre", &["shakespeare", "fringe"])
        .says("All the murders, one performer.")
        .sells((1_400, "GBP"), 60, 41),
    event("edinburgh-comedy", "Stand-Up Marathon")
        .at("edinburgh", "Gilded Balcony", "2027-08-21T12:00", 720)
        .of("comedy", &["stand-up", "fringe"])
        .says("Forty comedians in twelve hours.")
        .sells((2_500, "GBP"), 300, 140),
    event("belfast-play", "The Weir Revisited")
        .at("belfast", "Lyric Loft", "2027-10-01T19:45", 105)
        .of("theatre", &["drama"])
        .says("Ghost stories in a country pub.")
        .sells((2_200, "GBP"), 180, 20),
    event("paris-ballet", "Le Lac des cygnes")
        .at("paris", "Opéra Garnier", "2027-06-24T19:30", 170)
        .of("ballet", &["tchaikovsky", "danse"])
        .says("Cygne blanc, cygne noir.")
        .sells((14_000, "EUR"), 950, 950),
    event("paris-rire", "Le grand cœur rit")
        .at("paris", "Café du Rire", "2027-05-04T21:00", 80)
        .of("comedy", &["humour"])
        .says("Sketchs et improvisation.")
        .sells((2_000, "EUR"), 80, 52),
    event("lyon-guignol", "Guignol et Gnafron")
        .at("lyon", "Vieux-Lyon", "2027-04-11T15:00", 50)
        .of("family", &["puppets"])
        .says("Marionnettes lyonnaises dès quatre ans.")
        .sells((900, "EUR"), 60, 58),
    event("munich-kabarett", "Kabarett am Föhntag")
        .at("munich", "Lustspielhof", "2027-04-29T20:00", 120)
        .of("comedy", &["kabarett"])
        .says("Politik, Föhn und Kopfweh.")
        .sells((2_800, "EUR"), 220, 160),
    event("vienna-ballett", "Romeo und Julia")
        .at("vienna", "Volksoper", "2027-10-21T19:00", 150)
        .of("ballet", &["prokofiev"])
        .says("Ballett in drei Akten.")
        .sells((7_200, "EUR"), 1_200, 300),
    event("zurich-improv", "Impro-Match")
        .at("zurich", "Theater am Gleis", "2027-03-20T20:00", 120)
        .of("comedy", &["improv"])
        .says("Zwei Teams, Ihr Stichwort.")
        .sells((2_900, "CHF"), 140, 60),
    event("geneva-cirque", "Cirque sans filet")
        .at("geneva", "Plaine de Plainpalais", "2027-08-20T19:00", 110)
        .of("family", &["circus"])
        .says("Acrobates, jongleurs et vélo.")
        .sells((4_200, "CHF"), 800, 200),
    event("athens-antigone", "Αντιγόνη")
        .at("athens", "Ωδείο Ηρώδου", "2027-08-06T21:00", 110)
        .of("theatre", &["τραγωδία", "drama"])
        .says("Η τραγωδία του Σοφοκλή στο Ηρώδειο.")
        .sells((3_500, "EUR"), 2_250, 900),
    event("istanbul-karagoz", "Karagöz ile Hacivat")
        .at("istanbul", "Gölge Evi", "2027-04-23T14:00", 50)
        .of("family", &["puppets"])
        .says("Çocuk bayramında gölge oyunu.")
        .sells((15_000, "TRY"), 70, 33),
    event("copenhagen-ballet", "Svanesøen på havnen")
        .at("copenhagen", "Skuespilhuset", "2027-08-14T20:00", 140)
        .of("ballet", &["tchaikovsky"])
        .says("Ballet på flydende scene.")
        .sells((45_000, "DKK"), 800, 230),
    event("reykjavik-saga", "The Sagas in 75 Minutes")
        .at("reykjavik", "Iðnó", "2027-06-10T20:00", 75)
        .of("comedy", &["improv", "history"])
        .says("Forty Icelandic sagas, four actors, one sheep.")
        .sells((5_900, "ISK"), 120, 40),
    event("almaty-balet", "Щелкунчик")
        .at("almaty", "Театр имени Абая", "2027-12-28T18:30", 120)
        .of("ballet", &["tchaikovsky", "family"])
        .says("Балет для всей семьи.")
        .sells((800_000, "KZT"), 700, 690),
    event("cairo-theatre", "مهرجان المسرح التجريبي")
        .at("cairo", "الهناجر", "2027-09-01T00:00", 14_400)
        .of("festival", &["theatre", "drama"])
        .says("عروض من عشرين بلدا.")
        .sells((0, "EGP"), 1_000, 0),
    event("lagos-play", "Death and the King’s Horseman")
        .at("lagos", "Terra Kulture Hall", "2027-04-25T16:00", 150)
        .of("theatre", &["soyinka", "drama"])
        .says("Soyinka with live talking drums.")
        .sells((1_000_000, "NGN"), 450, 180),
    event("cape-town-comedy", "Load Shedding Laughs")
        .at("cape-town", "Baxter Lane", "2027-05-14T20:00", 100)
        .of("comedy", &["stand-up"])
        .says("Comedy by candlelight if it has to be.")
        .sells((20_000, "ZAR"), 250, 90),
    event("mumbai-natak", "नाटक: आधे अधूरे")
        .at("mumbai", "पृथ्वी मंच", "2027-08-22T19:00", 120)
        .of("theatre", &["drama", "hindi"])
        .says("मोहन राकेश का नाटक।")
        .sells((70_000, "INR"), 200, 50),
    event("delhi-kathak", "Kathak Evening")
        .at("delhi", "Kamani Hall", "2027-09-25T18:30", 120)
        .of("dance", &["classical", "kathak"])
        .says("Solo and group choreography from Lucknow.")
        .sells((60_000, "INR"), 600, 90),
    event("bangkok-khon", "โขนรามเกียรติ์")
        .at("bangkok", "ศาลาเฉลิมกรุง", "2027-10-29T19:00", 75)
        .of("dance", &["khon", "classical"])
        .says("นาฏศิลป์ชั้นสูงของไทย")
        .sells((80_000, "THB"), 550, 110),
    event("hanoi-puppets", "Múa rối nước Thăng Long")
        .at("hanoi", "Nhà hát Thăng Long", "2027-05-01T17:00", 50)
        .of("family", &["puppets"])
        .says("Rồng, phượng và hồ Gươm.")
        .sells((100_000, "VND"), 300, 290),
    event("jakarta-wayang", "Wayang Semalam Suntuk")
        .at("jakarta", "Taman Ismail", "2027-08-17T20:00", 480)
        .of("theatre", &["puppets", "gamelan"])
        .says("Shadow puppets from dusk to dawn.")
        .sells((10_000_000, "IDR"), 400, 60),
    event("tokyo-kabuki", "歌舞伎の夕べ")
        .at("tokyo", "歌舞伎座別館", "2027-10-23T17:00", 240)
        .of("theatre", &["kabuki"])
        .says("勧進帳ほか三題。")
        .sells((16_000, "JPY"), 900, 600),
    event("tokyo-rakugo", "English Rakugo Night")
        .at("tokyo", "浅草亭", "2027-05-22T18:30", 90)
        .of("comedy", &["rakugo"])
        .says("Sit-down comedy in English.")
        .sells((3_500, "JPY"), 90, 15),
    event("osaka-bunraku", "文楽入門")
        .at("osaka", "国立文楽劇場", "2027-06-12T13:00", 120)
        .of("theatre", &["puppets", "bunraku"])
        .says("人形浄瑠璃をやさしく解説。")
        .sells((4_000, "JPY"), 600, 100),
    event("taipei-dance", "雲上舞集")
        .at("taipei", "國家戲劇院", "2027-11-27T19:30", 80)
        .of("dance", &["contemporary"])
        .says("當代舞蹈。")
        .sells((120_000, "TWD"), 1_400, 900),
    event("sydney-comedy", "Sydney Comedy Debate")
        .at("sydney", "Town Hall", "2027-04-30T19:30", 110)
        .of("comedy", &["stand-up", "debate"])
        .says("That magpies are misunderstood.")
        .sells((5_500, "AUD"), 1_900, 880),
    event("melbourne-comedy", "Comedy by the Yarra")
        .at("melbourne", "Riverside Tent", "2027-04-09T20:30", 70)
        .of("comedy", &["stand-up"])
        .says("New acts every night.")
        .sells((3_800, "AUD"), 300, 205),
    event("chicago-improv", "Improv Jam")
        .at("chicago", "Second Floor Theater", "2027-03-05T22:00", 90)
        .of("comedy", &["improv"])
        .says("Long form until somebody cries.")
        .sells((1_500, "USD"), 80, 22),
    event("los-angeles-film", "Silent Film with Live Organ")
        .at("los-angeles", "Palace Cinema", "2027-10-30T20:00", 95)
        .of("film", &["organ", "silent"])
        .says("Nosferatu on the big screen.")
        .sells((2_200, "USD"), 900, 450),
    event("montreal-cirque", "Cirque d’hiver")
        .at("montreal", "La Tohu Nord", "2027-12-17T19:30", 120)
        .of("family", &["circus"])
        .says("Acrobatie, jonglerie et neige.")
        .sells((5_500, "CAD"), 840, 300),
    event("mexico-ballet", "Ballet folclórico de México")
        .at("mexico", "Bellas Artes", "2027-09-12T20:30", 120)
        .of("ballet", &["folk", "dance"])
        .says("Danzas de Jalisco, Veracruz y Michoacán.")
        .sells((80_000, "MXN"), 800, 550),
    event("havana-ballet", "Giselle en La Habana")
        .at("havana", "Gran Teatro", "2027-11-05T20:00", 120)
        .of("ballet", &["classical"])
        .says("Ballet nacional con orquesta.")
        .sells((3_000, "USD"), 1_300, 650),
    event("santiago-teatro", "Teatro a mil pasos")
        .at("santiago", "Plaza de la Ciudadanía", "2028-01-08T20:00", 90)
        .of("theatre", &["street", "family"])
        .says("Marionetas gigantes en la calle.")
        .sells((0, "CLP"), 5_000, 0),
    event("online-pantomime", "Panto from Your Sofa")
        .online("2027-12-19T16:00", 75)
        .of("family", &["christmas"])
        .says("Oh yes it is.")
        .sells((500, "GBP"), 10_000, 150),
    event("online-poetry", "World Poetry Relay")
        .online("2027-03-21T00:00", 1_440)
        .of("talk", &["poetry", "literature"])
        .says("A poem every ten minutes for a day.")
        .sells((0, "USD"), 5_000, 400),
    event("cancelled-hamlet-bath", "Hamlet by the Avon")
        .at("bath", "Parade Gardens", "2027-06-05T19:00", 180)
        .of("theatre", &["shakespeare", "open-air"])
        .says("Called off.")
        .sells((2_500, "GBP"), 300, 20)
        .cancelled(),
    event("past-zurich-improv", "Impro-Silvester")
        .at("zurich", "Theater am Gleis", "2026-12-31T20:00", 240)
        .of("comedy", &["improv"])
        .says("Das Jahr in Szenen.")
        .sells((4_900, "CHF"), 140, 140),
    event("draft-opera-tosca", "Tosca")
        .at("rome", "Teatro Costanzi", "2028-03-05T20:00", 150)
        .of("opera", &["puccini"])
        .says("To be announced.")
        .sells((9_000, "EUR"), 1_600, 0)
        .draft(),
];
