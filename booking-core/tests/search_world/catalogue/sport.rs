//! Sport.

use super::{WorldEvent, event};

pub(super) const EVENTS: &[WorldEvent] = &[
    event("berlin-marathon", "Berlin Spring Marathon")
        .at("berlin", "Siegessäule", "2027-04-11T09:00", 420)
        .of("marathon", &["running"])
        .says("Flat, fast and windy.")
        .sells((9_900, "EUR"), 1_000, 1_000),
    event("tokyo-marathon", "東京マラソン")
        .at("tokyo", "都庁前", "2027-03-07T09:10", 420)
        .of("marathon", &["running", "マラソン"])
        .says("都庁から東京駅まで。")
        .sells((16_500, "JPY"), 1_000, 1_000),
    event("longyearbyen-marathon", "Svalbard Half Marathon")
        .at("longyearbyen", "Svalbardhallen", "2027-06-05T10:00", 300)
        .of("marathon", &["running"])
        .says("Guards against polar bears included.")
        .sells((85_000, "NOK"), 300, 210),
    event("mcmurdo-run", "Ross Island Fun Run")
        .at("mcmurdo", "Scott Base Road", "2028-01-16T10:00", 120)
        .of("marathon", &["running"])
        .says("Ten kilometres on ice and gravel.")
        .sells((0, "USD"), 200, 60),
    event("kathmandu-trail", "Himalayan Trail Day")
        .at("kathmandu", "Shivapuri Gate", "2027-11-06T06:00", 600)
        .of("marathon", &["running", "trail"])
        .says("Steps, steps and more steps.")
        .sells((500_000, "NPR"), 250, 90),
    event("london-football", "Football in the Park")
        .at("london", "Hackney Marshes", "2027-05-09T10:00", 360)
        .of("sport", &["football", "family"])
        .says("Five a side for all ages.")
        .sells((500, "GBP"), 1_000, 400),
    event("manchester-derby", "Manchester Legends Match")
        .at("manchester", "Canal Stadium", "2027-05-23T15:00", 120)
        .of("sport", &["football"])
        .says("Old heroes of both halves of town.")
        .sells((3_000, "GBP"), 1_063, 1_000),
    event("cologne-frauen", "Frauenfußball-Pokalfinale")
        .at("cologne", "Stadion am Rhein", "2027-05-15T16:00", 120)
        .of("sport", &["football", "fußball"])
        .says("Endspiel der Frauen.")
        .sells((2_500, "EUR"), 1_315, 1_000),
    event("madrid-futbol", "Derbi de leyendas")
        .at("madrid", "Estadio del Sur", "2027-06-05T19:00", 120)
        .of("sport", &["football", "fútbol"])
        .says("Veteranos de dos barrios.")
        .sells((3_500, "EUR"), 2_250, 1_000),
    event("istanbul-futbol", "İstanbul derbisi: efsaneler")
        .at("istanbul", "Ali Efendi Stadı", "2027-05-16T19:00", 120)
        .of("sport", &["football", "futbol"])
        .says("İki yakanın eski yıldızları.")
        .sells((60_000, "TRY"), 1_000, 1_000),
    event("cairo-football", "كأس القاهرة لكرة القدم")
        .at("cairo", "استاد القاهرة", "2027-03-19T18:00", 120)
        .of("sport", &["football"])
        .says("نهائي الكأس.")
        .sells((15_000, "EGP"), 3_181, 1_000),
    event("buenos-aires-futbol", "Clásico de barrio")
        .at("buenos-aires", "Cancha de Boedo", "2027-05-30T17:00", 120)
        .of("sport", &["football", "fútbol"])
        .says("Noventa minutos y cien años de historia.")
        .sells((1_800_000, "ARS"), 2_727, 1_000),
    event("rio-beach", "Futebol de praia")
        .at("rio", "Copacabana", "2027-09-04T10:00", 360)
        .of("sport", &["football", "beach"])
        .says("Torneio na areia.")
        .sells((0, "BRL"), 3_000, 0),
    event("quito-altura", "Partido de altura")
        .at("quito", "Estadio Olímpico", "2027-06-13T15:00", 120)
        .of("sport", &["football", "fútbol"])
        .says("Fútbol a 2850 metros.")
        .sells((2_000, "USD"), 4_222, 1_000),
    event("melbourne-footy", "Footy Under Lights")
        .at("melbourne", "Docklands Oval", "2027-04-25T18:00", 150)
        .of("sport", &["football", "aussie rules"])
        .says("Anzac Day double header.")
        .sells((4_500, "AUD"), 1_292, 1_000),
    event("suva-rugby", "Islands Rugby Test")
        .at("suva", "National Stadium", "2027-07-10T15:00", 120)
        .of("sport", &["rugby"])
        .says("Fiji against Samoa.")
        .sells((2_500, "FJD"), 1_666, 1_000),
    event("basel-wrestling", "Schwingfest")
        .at("basel", "St. Jakob", "2027-08-29T08:00", 540)
        .of("sport", &["wrestling", "tradition"])
        .says("Sägemehl, Muni und Alphorn.")
        .sells((4_000, "CHF"), 1_818, 1_000),
    event("tromso-ski", "Midnight Sun Ski Tour")
        .at("tromso", "Storsteinen", "2027-05-22T22:00", 240)
        .of("sport", &["ski"])
        .says("Skins on at ten, summit at midnight.")
        .sells((75_000, "NOK"), 30, 30),
    event("sapporo-ski", "札幌スキー祭り")
        .at("sapporo", "大倉山", "2028-02-19T09:00", 480)
        .of("sport", &["ski", "winter"])
        .says("ジャンプ見学と雪遊び。")
        .sells((2_500, "JPY"), 3_000, 600),
    event("ushuaia-ski", "Marcha blanca")
        .at("ushuaia", "Tierra Mayor", "2027-08-15T10:00", 300)
        .of("sport", &["ski"])
        .says("Esquí de fondo en el fin del mundo.")
        .sells((4_000_000, "ARS"), 900, 420),
    event("vancouver-hockey", "Pond Hockey Classic")
        .at("vancouver", "Trout Lake", "2028-01-15T09:00", 480)
        .of("sport", &["hockey", "winter"])
        .says("If it freezes; on foot if it does not.")
        .sells((5_000, "CAD"), 400, 260),
    event("st-johns-regatta", "Quidi Vidi Regatta")
        .at("st-johns", "Quidi Vidi Lake", "2027-08-04T08:00", 660)
        .of("sport", &["rowing", "family"])
        .says("The oldest regatta of the continent, weather permitting.")
        .sells((0, "CAD"), 20_000, 0),
    event("venice-regata", "Regata delle donne")
        .at("venice", "Canal Grande", "2027-09-05T16:00", 180)
        .of("sport", &["rowing"])
        .says("Vogata alla veneta.")
        .sells((2_000, "EUR"), 3_000, 900),
    event("utrecht-fiets", "Fietstocht langs de Vecht")
        .at("utrecht", "Domplein", "2027-06-13T10:00", 300)
        .of("sport", &["cycling", "family"])
        .says("Veertig kilometer met appeltaart.")
        .sells((1_000, "EUR"), 300, 120),
    event("bogota-ciclo", "Ciclovía nocturna")
        .at("bogota", "", "2027-12-09T18:00", 360)
        .of("sport", &["cycling", "family"])
        .says("Cien kilómetros de calles sin carros.")
        .sells((0, "COP"), 50_000, 0),
    event("ulaanbaatar-naadam", "Наадам")
        .at("ulaanbaatar", "Цэнгэлдэх хүрээлэн", "2027-07-11T00:00", 4_320)
        .of("festival", &["wrestling", "archery", "horses"])
        .says("Бөх, сур харваа, морь уралдаан.")
        .sells((6_000_000, "MNT"), 1_875, 1_000),
    event("seoul-esports", "이스포츠 결승전")
        .at("seoul", "고척돔", "2027-10-31T17:00", 300)
        .of("sport", &["esports", "games"])
        .says("세계 대회 결승.")
        .sells((55_000, "KRW"), 1_000, 999),
    event("reykjavik-chess", "Reykjavík Open Chess")
        .at("reykjavik", "Harpa", "2027-03-24T00:00", 11_520)
        .of("sport", &["chess"])
        .says("Nine rounds with a view of the harbour.")
        .sells((30_000, "ISK"), 400, 350),
    event("pago-pago-canoe", "Fautasi Canoe Race")
        .at("pago-pago", "Harbour", "2027-04-17T09:00", 240)
        .of("sport", &["rowing", "canoe"])
        .says("Longboats on Flag Day.")
        .sells((0, "USD"), 5_000, 0),
    event("ended-at-noon-run", "Lakeside Run")
        .at("geneva", "Quai du Mont-Blanc", "2027-03-01T09:00", 240)
        .of("marathon", &["running"])
        .says("Ten kilometres before lunch.")
        .sells((3_000, "CHF"), 500, 410),
    event("past-milan-run", "Corsa d’inverno")
        .at("milan", "Parco Sempione", "2027-01-31T09:30", 150)
        .of("marathon", &["running"])
        .says("Dieci chilometri nella nebbia.")
        .sells((2_500, "EUR"), 800, 640),
];
