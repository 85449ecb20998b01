//! Festivals of music, operas and parties.

use super::{WorldEvent, event};

pub(super) const EVENTS: &[WorldEvent] = &[
    event("zurich-strassenmusik", "Straßenmusik-Festival")
        .at("zurich", "Altstadt", "2027-07-10T00:00", 2_880)
        .of("festival", &["busking", "family"])
        .says("Kleine Bühnen an jeder Ecke der großen Straße.")
        .sells((0, "CHF"), 5_000, 0),
    event("berlin-techno", "Techno im Kraftwerk")
        .at("berlin", "Altes Heizkraftwerk", "2027-04-10T23:00", 540)
        .of("party", &["techno", "electronic"])
        .says("Zwei Floors, zwölf Stunden, keine Fotos.")
        .sells((2_800, "EUR"), 750, 750),
    event("berlin-oper-aida", "Aïda")
        .at("berlin", "Große Oper", "2027-11-06T19:00", 190)
        .of("opera", &["verdi"])
        .says("Oper in vier Akten, italienisch mit deutschen Übertiteln.")
        .sells((9_500, "EUR"), 1_300, 640),
    event("munich-blasmusik", "Blasmusik-Gipfel")
        .at("munich", "Zirkuszelt", "2027-09-19T11:00", 300)
        .of("festival", &["brass", "beer"])
        .says("Zwölf Kapellen, ein Zelt.")
        .sells((1_500, "EUR"), 1_000, 700),
    event("cologne-karneval", "Kölle singt!")
        .at("cologne", "Gürzenich", "2028-02-17T19:11", 200)
        .of("party", &["carnival", "choir"])
        .says("Mitsingabend vor Weiberfastnacht.")
        .sells((2_500, "EUR"), 1_200, 3),
    event("vienna-zauberfloete", "Die Zauberflöte")
        .at("vienna", "Theater an der Wien", "2027-12-11T18:30", 170)
        .of("opera", &["mozart", "family"])
        .says("Mozarts letzte Oper, kindgerecht gekürzt.")
        .sells((6_500, "EUR"), 550, 550),
    event("paris-ete", "L’été indien")
        .at("paris", "Parc de la Villette", "2027-09-11T18:00", 300)
        .of("festival", &["chanson", "open-air"])
        .says("Chansons françaises et musiques du monde en plein air.")
        .sells((2_900, "EUR"), 1_999, 777),
    event("nice-jazz", "Nice Jazz sur la plage")
        .at("nice", "Plage Beau Rivage", "2027-07-20T20:00", 240)
        .of("festival", &["jazz"])
        .says("Trois soirs de jazz les pieds dans l’eau.")
        .sells((4_900, "EUR"), 2_500, 800),
    event("london-acid", "Acid Jazz All-Nighter")
        .at("london", "The Vaults", "2027-04-23T22:00", 420)
        .of("party", &["jazz", "funk"])
        .says("Organ grooves and rare vinyl until sunrise.")
        .sells((2_250, "GBP"), 500, 430),
    event("london-ca-folk", "Forest City Folk Picnic")
        .at("london-ca", "Victoria Park", "2027-07-17T11:00", 540)
        .of("festival", &["folk", "open-air"])
        .says("Three stages, canoes welcome.")
        .sells((0, "CAD"), 6_000, 0),
    event("edinburgh-ceilidh", "Midnight Ceilidh")
        .at("edinburgh", "Assembly Rooms", "2027-12-31T21:00", 300)
        .of("party", &["folk", "dance"])
        .says("Hogmanay dances called by the band.")
        .sells((4_500, "GBP"), 900, 610),
    event("amsterdam-dance", "Dance Event Week")
        .at("amsterdam", "", "2027-10-20T00:00", 7_200)
        .of("festival", &["electronic", "techno"])
        .says("Five days of club nights and talks.")
        .sells((19_500, "EUR"), 1_290, 1_000),
    event("utrecht-oudemuziek", "Festival Oude Muziek")
        .at("utrecht", "TivoliVredenburg", "2027-08-27T00:00", 14_400)
        .of("festival", &["early music", "classical"])
        .says("Polyfonie uit de Lage Landen.")
        .sells((6_500, "EUR"), 2_000, 700),
    event("ghent-lichtjazz", "Jazz in ’t Park")
        .at("ghent", "Zuidpark", "2027-09-04T15:00", 420)
        .of("festival", &["jazz", "open-air"])
        .says("Gratis concerten voor jong en oud.")
        .sells((0, "EUR"), 3_000, 0),
    event("cordoba-guitarra", "Festival de la guitarra")
        .at("cordoba", "Jardines del Alcázar", "2027-07-05T21:00", 120)
        .of("festival", &["guitar", "flamenco"])
        .says("Maestros de la guitarra española.")
        .sells((2_700, "EUR"), 1_500, 480),
    event("cordoba-ar-cuarteto", "Noche de cuarteto")
        .at("cordoba-ar", "Sargento Norte", "2027-05-22T23:00", 300)
        .of("party", &["cuarteto", "dance"])
        .says("El ritmo de Córdoba hasta el amanecer.")
        .sells((1_500_000, "ARS"), 1_333, 833),
    event("porto-primavera", "Som de Primavera")
        .at("porto", "Parque da Cidade", "2027-06-03T00:00", 4_320)
        .of("festival", &["indie", "rock"])
        .says("Bandas de rock e indie junto ao Atlântico.")
        .sells((14_500, "EUR"), 2_500, 1_000),
    event("milan-traviata", "La traviata")
        .at("milan", "Teatro della Scala Nuova", "2027-12-07T18:00", 175)
        .of("opera", &["verdi"])
        .says("La prima della stagione.")
        .sells((25_000, "EUR"), 1_000, 1_000),
    event("athens-us-indie", "Indie Porch Fest")
        .at("athens-us", "", "2027-10-16T12:00", 480)
        .of("festival", &["indie", "rock"])
        .says("Bands on eighty porches of the classic college town.")
        .sells((0, "USD"), 5_000, 0),
    event("thessaloniki-choros", "Φεστιβάλ χορός και μουσική")
        .at("thessaloniki", "Λευκός Πύργος", "2027-07-09T21:00", 150)
        .of("festival", &["dance"])
        .says("Χοροί από όλη την Ελλάδα.")
        .sells((1_000, "EUR"), 900, 120),
    event("igdir-asik", "Âşıklar şöleni")
        .at("igdir", "Kültür Merkezi", "2027-05-30T14:00", 240)
        .of("festival", &["folk"])
        .says("Saz ve söz, Kafkasya’dan Anadolu’ya.")
        .sells((0, "TRY"), 700, 0),
    event("izmir-opera", "Saraydan Kız Kaçırma")
        .at("izmir", "Elhamra", "2027-03-27T20:00", 160)
        .of("opera", &["mozart"])
        .says("Mozart’ın Türk operası.")
        .sells((40_000, "TRY"), 500, 220),
    event("lodz-techno", "Łódź Techno Night")
        .at("lodz", "EC1", "2027-04-24T22:00", 480)
        .of("party", &["techno"])
        .says("Noc w starej elektrowni.")
        .sells((12_000, "PLN"), 1_200, 400),
    event("prague-jaro", "Hudba jara")
        .at("prague", "Rudolfinum", "2027-05-12T20:00", 150)
        .of("festival", &["classical"])
        .says("Má vlast na zahájení.")
        .sells((120_000, "CZK"), 550, 545),
    event("brno-janacek", "Příhody lišky Bystroušky")
        .at("brno", "Janáčkovo divadlo", "2027-11-02T19:00", 100)
        .of("opera", &["janáček"])
        .says("Opera o lese, stáří a lišce.")
        .sells((89_000, "CZK"), 1_000, 300),
    event("plzen-rock", "Rock v pivovaru")
        .at("plzen", "Pivovar", "2027-06-26T14:00", 600)
        .of("festival", &["rock", "beer"])
        .says("Deset kapel a jedno pivo.")
        .sells((79_000, "CZK"), 1_750, 875),
    event("bratislava-jazz", "Bratislavské jazzové dni")
        .at("bratislava", "Nová Cvernovka", "2027-10-22T19:00", 240)
        .of("festival", &["jazz"])
        .says("Jazz z celého sveta na dvoch pódiách.")
        .sells((4_500, "EUR"), 1_000, 420),
    event("cluj-jazz", "Jazz in the Park")
        .at("cluj", "Parcul Etnografic", "2027-09-03T00:00", 4_320)
        .of("festival", &["jazz", "open-air"])
        .says("Picnic, hamacuri și jazz.")
        .sells((25_000, "RON"), 1_999, 733),
    event("vilnius-gatves", "Gatvės muzikos diena")
        .at("vilnius", "", "2027-05-15T10:00", 720)
        .of("festival", &["busking"])
        .says("Vieną dieną groja visi.")
        .sells((0, "EUR"), 10_000, 0),
    event("helsinki-metalli", "Metalliyö")
        .at("helsinki", "Suvilahti", "2027-06-18T15:00", 540)
        .of("festival", &["metal", "rock"])
        .says("Raskasta musiikkia yöttömässä yössä.")
        .sells((15_900, "EUR"), 1_428, 1_000),
    event("longyearbyen-blues", "Dark Season Blues")
        .at("longyearbyen", "Huset", "2027-10-28T00:00", 5_760)
        .of("festival", &["blues"])
        .says("The northernmost blues weekend before the sun goes.")
        .sells((240_000, "NOK"), 500, 466),
    event("aarhus-jazz", "Jazz ved åen")
        .at("aarhus", "Åboulevarden", "2027-07-17T12:00", 600)
        .of("festival", &["jazz", "open-air"])
        .says("Gratis koncerter fra middag til midnat.")
        .sells((0, "DKK"), 8_000, 0),
    event("reykjavik-airwaves", "Ljósanótt tónlistar")
        .at("reykjavik", "Harpa", "2027-11-04T00:00", 4_320)
        .of("festival", &["indie", "electronic"])
        .says("Þrjár nætur, sextíu hljómsveitir.")
        .sells((24_900, "ISK"), 1_000, 998),
    event("kyiv-opera", "Запорожець за Дунаєм")
        .at("kyiv", "Національна опера", "2027-05-29T18:00", 150)
        .of("opera", &["classical"])
        .says("Перша українська комічна опера.")
        .sells((50_000, "UAH"), 1_300, 400),
    event("beirut-mahrajan", "مَهْرَجان بيروت للموسيقى")
        .at("beirut", "مدرج البحر", "2027-07-22T20:30", 180)
        .of("festival", &["music"])
        .says("ثلاث ليال من الموسيقى العربية والجاز.")
        .sells((4_000, "USD"), 2_500, 800),
    event("dubai-opera", "أوبرا دبي: كارمن")
        .at("dubai", "دار الأوبرا", "2027-11-18T20:00", 170)
        .of("opera", &["bizet"])
        .says("كارمن بالفرنسية مع ترجمة عربية.")
        .sells((45_000, "AED"), 1_900, 1_000),
    event("dakar-mbalax", "Grand bal mbalax")
        .at("dakar", "Place du Souvenir", "2027-12-04T22:00", 300)
        .of("party", &["mbalax", "dance"])
        .says("Sabar et danse jusqu’à l’aube.")
        .sells((10_000, "XOF"), 3_000, 900),
    event("cape-town-jazz", "Cape Jazz Weekend")
        .at("cape-town", "Artscape", "2027-03-27T00:00", 2_880)
        .of("festival", &["jazz"])
        .says("Two days of Cape jazz, marimba and brass.")
        .sells((85_000, "ZAR"), 1_333, 1_000),
    event("mumbai-sangeet", "मुंबई संगीत महोत्सव")
        .at("mumbai", "शिवाजी पार्क", "2027-12-11T17:00", 300)
        .of("festival", &["music", "classical"])
        .says("शास्त्रीय और लोक संगीत की शाम।")
        .sells((80_000, "INR"), 4_000, 1_000),
    event("bangkok-dontri", "เทศกาลดนตรีกลางแจ้งกรุงเทพ")
        .at("bangkok", "สวนลุมพินี", "2027-12-04T16:00", 360)
        .of("festival", &["music", "open-air"])
        .says("ดนตรีสด อาหารอร่อย ริมสระน้ำ")
        .sells((89_000, "THB"), 4_000, 1_000),
    event("da-nang-festival", "Lễ hội pháo hoa và âm nhạc")
        .at("da-nang", "Sông Hàn", "2027-06-26T19:00", 180)
        .of("festival", &["music", "fireworks"])
        .says("Pháo hoa quốc tế bên sông.")
        .sells((500_000, "VND"), 5_000, 1_000),
    event("kyoto-taiko", "京都太鼓祭り")
        .at("kyoto", "円山公園", "2027-08-16T17:00", 180)
        .of("festival", &["taiko", "drums"])
        .says("大文字の夜に響く和太鼓。")
        .sells((3_000, "JPY"), 2_000, 150),
    event("beijing-opera", "京剧之夜：霸王别姬")
        .at("beijing", "梅兰芳大剧院", "2027-06-19T19:30", 120)
        .of("opera", &["peking opera"])
        .says("传统京剧，配英文字幕。")
        .sells((28_000, "CNY"), 1_000, 350),
    event("shanghai-yinyue", "上海音乐节")
        .at("shanghai", "东方艺术中心", "2027-10-01T19:30", 150)
        .of("festival", &["classical"])
        .says("交响乐与爵士乐。")
        .sells((38_000, "CNY"), 950, 750),
    event("seoul-jazz", "서울 재즈페스티벌")
        .at("seoul", "올림픽공원", "2027-05-28T00:00", 4_320)
        .of("festival", &["jazz", "재즈"])
        .says("봄날의 야외 재즈 공연.")
        .sells((180_000, "KRW"), 1_666, 1_000),
    event("busan-rock", "부산 바다 록 페스티벌")
        .at("busan", "삼락생태공원", "2027-10-02T12:00", 660)
        .of("festival", &["rock", "open-air"])
        .says("바닷가에서 즐기는 록 음악.")
        .sells((88_000, "KRW"), 6_666, 1_000),
    event("sydney-opera", "Carmen on the Harbour")
        .at("sydney", "Mrs Macquaries Point", "2027-03-26T19:30", 170)
        .of("opera", &["bizet", "open-air"])
        .says("Fireworks in act four, whatever the weather.")
        .sells((14_900, "AUD"), 999, 933),
    event("auckland-poly", "Pasifika Beats")
        .at("auckland", "Western Springs", "2027-03-20T10:00", 480)
        .of("festival", &["drums", "dance", "family"])
        .says("Drums and dances of eleven island villages.")
        .sells((0, "NZD"), 25_000, 0),
    event("montreal-jazz", "Montréal, ville de jazz")
        .at("montreal", "Place des Festivals", "2027-06-30T00:00", 12_960)
        .of("festival", &["jazz"])
        .says("Concerts gratuits en plein air.")
        .sells((0, "CAD"), 90_000, 0),
    event("buenos-aires-tango", "Milonga de medianoche")
        .at("buenos-aires", "Salón Canning", "2027-08-20T23:59", 300)
        .of("party", &["tango", "dance"])
        .says("Tango con orquesta en vivo.")
        .sells((1_200_000, "ARS"), 300, 90),
    event("mcmurdo-icestock", "Icestock")
        .at("mcmurdo", "Helo Hangar", "2027-12-31T16:00", 600)
        .of("festival", &["rock"])
        .says("The southernmost open air: six bands and a chili contest.")
        .sells((0, "USD"), 250, 90),
    event("running-winter-lights", "Lichtklang")
        .at("zurich", "Platzspitz", "2027-02-26T18:00", 7_200)
        .of("festival", &["light", "music"])
        .says("Licht und Klang am Fluss, fünf Tage lang.")
        .sells((2_000, "CHF"), 800, 500),
];
