//! Where the demonstration takes place. The cities are real, the venues are not.

use super::language::Language::{
    self, Arabic, Chinese, Czech, Danish, Dutch, English, Finnish, French, German, Greek, Hindi,
    Hungarian, Italian, Japanese, Korean, Norwegian, Polish, Portuguese, Romanian, Spanish,
    Swedish, Thai, Turkish, Ukrainian, Vietnamese,
};

/// What things cost somewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tariff {
    pub(super) currency: &'static str,
    /// Minor units that people pay here for what costs one euro elsewhere.
    pub(super) rate: i64,
    /// Prices are multiples of this.
    pub(super) step: i64,
}

/// A city with two venues.
#[derive(Debug, Clone, Copy)]
pub(super) struct City {
    pub(super) name: &'static str,
    /// Its English name, where that is another.
    pub(super) alias: &'static str,
    pub(super) country: &'static str,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
    pub(super) zone: &'static str,
    pub(super) tariff: Tariff,
    pub(super) language: Language,
    /// A large and a small venue, each with its address.
    pub(super) venues: [(&'static str, &'static str); 2],
}

const fn tariff(currency: &'static str, rate: i64, step: i64) -> Tariff {
    Tariff { currency, rate, step }
}

pub(super) const EUR: Tariff = tariff("EUR", 100, 50);
pub(super) const USD: Tariff = tariff("USD", 115, 100);
pub(super) const JPY: Tariff = tariff("JPY", 150, 100);
pub(super) const CHF: Tariff = tariff("CHF", 130, 100);
const GBP: Tariff = tariff("GBP", 90, 50);
const INR: Tariff = tariff("INR", 3_500, 5_000);

type Row = (
    &'static str,
    &'static str,
    &'static str,
    (f64, f64),
    &'static str,
    Tariff,
    Language,
    [(&'static str, &'static str); 2],
);

/// Returns every city.
pub(super) fn all() -> impl Iterator<Item = City> {
    ROWS.iter().map(|row| {
        let (name, alias, country, (latitude, longitude), zone, tariff, language, venues) = *row;
        City { name, alias, country, latitude, longitude, zone, tariff, language, venues }
    })
}

#[rustfmt::skip]
const ROWS: [Row; 64] = [
    ("Zürich", "", "CH", (47.3769, 8.5417), "Europe/Zurich", CHF, German,
        [("Hardhalle", "Hardturmweg 21, 8005"), ("Theater am Kanal", "Schanzengasse 4, 8001")]),
    ("Genève", "Geneva", "CH", (46.2044, 6.1432), "Europe/Zurich", CHF, French,
        [("Halle du Rhône", "Quai des Forges 12, 1204"), ("Le Petit Quai", "Rue des Bains 30, 1205")]),
    ("Berlin", "", "DE", (52.52, 13.405), "Europe/Berlin", EUR, German,
        [("Spreearena", "Uferstraße 70, 10243"), ("Salon Weserstraße", "Weserstraße 112, 12045")]),
    ("München", "Munich", "DE", (48.1351, 11.582), "Europe/Berlin", EUR, German,
        [("Isarpark", "Am Isarpark 1, 80809"), ("Lichthof", "Sandstraße 33, 80335")]),
    ("Wien", "Vienna", "AT", (48.2082, 16.3738), "Europe/Vienna", EUR, German,
        [("Donauhalle", "Hafenzeile 5, 1020"), ("Souterrain", "Lerchengasse 18, 1080")]),
    ("Paris", "", "FR", (48.8566, 2.3522), "Europe/Paris", EUR, French,
        [("La Grande Nef", "Quai de la Gare 88, 75013"), ("Le Grenier", "Rue des Cascades 7, 75020")]),
    ("Lyon", "", "FR", (45.764, 4.8357), "Europe/Paris", EUR, French,
        [("Halle des Canuts", "Rue du Port 3, 69007"), ("Théâtre des Deux Rives", "Montée des Anges 9, 69005")]),
    ("Bruxelles", "Brussels", "BE", (50.8503, 4.3517), "Europe/Brussels", EUR, French,
        [("Le Hangar", "Quai du Commerce 40, 1000"), ("La Mansarde", "Rue Haute 151, 1000")]),
    ("Amsterdam", "", "NL", (52.3676, 4.9041), "Europe/Amsterdam", EUR, Dutch,
        [("Havenhal", "Houthavenkade 60"), ("De Kleine Zaal", "Egelantiersgracht 14")]),
    ("London", "", "GB", (51.5074, -0.1278), "Europe/London", GBP, English,
        [("Eastway Park", "2 Eastway, E9"), ("The Lantern Rooms", "17 Copper Lane, N16")]),
    ("Edinburgh", "", "GB", (55.9533, -3.1883), "Europe/London", GBP, English,
        [("Forth Pavilion", "40 Harbour Road, EH6"), ("The Attic Stage", "5 Candle Close, EH1")]),
    ("Dublin", "", "IE", (53.3498, -6.2603), "Europe/Dublin", EUR, English,
        [("Northquay Hall", "100 North Wall"), ("The Snug", "8 Fumbally Row")]),
    ("Madrid", "", "ES", (40.4168, -3.7038), "Europe/Madrid", EUR, Spanish,
        [("Nave del Sur", "Calle del Hierro 25"), ("Sala Candil", "Calle del Olmo 11")]),
    ("Barcelona", "", "ES", (41.3874, 2.1686), "Europe/Madrid", EUR, Spanish,
        [("Pavelló de Llevant", "Passeig del Port 120"), ("La Cisterna", "Carrer de la Mel 6")]),
    ("Lisboa", "Lisbon", "PT", (38.7223, -9.1393), "Europe/Lisbon", EUR, Portuguese,
        [("Pavilhão do Cais", "Avenida do Cais 200"), ("Teatro da Colina", "Rua da Saudade 19")]),
    ("Milano", "Milan", "IT", (45.4642, 9.19), "Europe/Rome", EUR, Italian,
        [("Officine Nord", "Via dei Tornitori 8"), ("Teatro del Naviglio", "Ripa Alta 77")]),
    ("Roma", "Rome", "IT", (41.9028, 12.4964), "Europe/Rome", EUR, Italian,
        [("Parco delle Fornaci", "Via delle Fornaci Vecchie 1"), ("Sala dei Limoni", "Vicolo dei Limoni 3")]),
    ("Łódź", "Lodz", "PL", (51.7592, 19.456), "Europe/Warsaw", tariff("PLN", 300, 500), Polish,
        [("Hala Przędzalni", "ul. Fabryczna 12"), ("Teatr Tkacki", "ul. Wólczańska 201")]),
    ("Kraków", "Cracow", "PL", (50.0647, 19.945), "Europe/Warsaw", tariff("PLN", 300, 500), Polish,
        [("Hala nad Wisłą", "ul. Rybitwy 40"), ("Piwnica Pod Zegarem", "ul. Szpitalna 22")]),
    ("Praha", "Prague", "CZ", (50.0755, 14.4378), "Europe/Prague", tariff("CZK", 2_000, 5_000), Czech,
        [("Hala Na Ostrově", "Přístavní 30"), ("Divadlo Ve Dvoře", "Mostecká 9")]),
    ("Budapest", "", "HU", (47.4979, 19.0402), "Europe/Budapest", tariff("HUF", 30_000, 50_000), Hungarian,
        [("Dunapart Csarnok", "Csepeli út 14"), ("Kis Színpad", "Dob utca 60")]),
    ("București", "Bucharest", "RO", (44.4268, 26.1025), "Europe/Bucharest", tariff("RON", 350, 500), Romanian,
        [("Hala Grivița", "Calea Griviței 300"), ("Teatrul Mic din Curte", "Strada Plantelor 15")]),
    ("Αθήνα", "Athens", "GR", (37.9838, 23.7275), "Europe/Athens", EUR, Greek,
        [("Στοά του Λιμανιού", "Πειραιώς 250"), ("Μικρό Θέατρο", "Σαρρή 21")]),
    ("İstanbul", "Istanbul", "TR", (41.0082, 28.9784), "Europe/Istanbul", tariff("TRY", 2_500, 5_000), Turkish,
        [("Haliç Salonu", "Kasımpaşa Caddesi 45"), ("Çatı Sahne", "Asmalı Sokak 7")]),
    ("Київ", "Kyiv", "UA", (50.4501, 30.5234), "Europe/Kyiv", tariff("UAH", 2_500, 5_000), Ukrainian,
        [("Річковий порт", "Набережна 2"), ("Мала сцена", "вул. Рейтарська 18")]),
    ("København", "Copenhagen", "DK", (55.6761, 12.5683), "Europe/Copenhagen", tariff("DKK", 900, 500), Danish,
        [("Værfthallen", "Kuglegårdsvej 30"), ("Loftet", "Blågårdsgade 12")]),
    ("Stockholm", "", "SE", (59.3293, 18.0686), "Europe/Stockholm", tariff("SEK", 1_200, 500), Swedish,
        [("Gasklockan", "Hjorthagsvägen 8"), ("Lilla Salongen", "Bondegatan 41")]),
    ("Oslo", "", "NO", (59.9139, 10.7522), "Europe/Oslo", tariff("NOK", 1_300, 1_000), Norwegian,
        [("Fjordhallen", "Sørengkaia 100"), ("Bakgården", "Møllergata 23")]),
    ("Helsinki", "", "FI", (60.1699, 24.9384), "Europe/Helsinki", EUR, Finnish,
        [("Telakkahalli", "Hietalahdenranta 3"), ("Pikkusali", "Vaasankatu 16")]),
    ("Reykjavík", "Reykjavik", "IS", (64.1466, -21.9426), "Atlantic/Reykjavik", tariff("ISK", 170, 100), English,
        [("Hafnarskemman", "Grandagarður 35"), ("Litla Sviðið", "Laugavegur 120")]),
    ("Tallinn", "", "EE", (59.437, 24.7536), "Europe/Tallinn", EUR, English,
        [("Sadamahall", "Kalaranna 4"), ("Väike Saal", "Vene 19")]),
    ("Ljubljana", "", "SI", (46.0569, 14.5058), "Europe/Ljubljana", EUR, English,
        [("Tobačna hala", "Tržaška 10"), ("Oder pod streho", "Trubarjeva 44")]),
    ("New York", "", "US", (40.7128, -74.006), "America/New_York", USD, English,
        [("Gowanus Works", "250 Canal Slip, Brooklyn, NY 11215"), ("The Fourth Floor", "61 Ludlow Court, New York, NY 10002")]),
    ("San Francisco", "", "US", (37.7749, -122.4194), "America/Los_Angeles", USD, English,
        [("Pier Hall 60", "60 Terry Wharf, CA 94107"), ("Fogline Theater", "900 Valencia Alley, CA 94110")]),
    ("Chicago", "", "US", (41.8781, -87.6298), "America/Chicago", USD, English,
        [("Lakeside Fieldhouse", "1500 Shoreline Court, IL 60605"), ("Blue Door Club", "2210 Halsted Place, IL 60614")]),
    ("Montréal", "Montreal", "CA", (45.5019, -73.5674), "America/Toronto", tariff("CAD", 150, 100), French,
        [("Hangar du Vieux-Port", "Quai de l'Horloge 1"), ("La Salle Rouge", "Rue Rachel 400")]),
    ("Ciudad de México", "Mexico City", "MX", (19.4326, -99.1332), "America/Mexico_City", tariff("MXN", 1_500, 1_000), Spanish,
        [("Foro Oriente", "Calzada del Lago 300"), ("Teatro Jacaranda", "Calle Jalapa 90")]),
    ("São Paulo", "Sao Paulo", "BR", (-23.5505, -46.6333), "America/Sao_Paulo", tariff("BRL", 350, 500), Portuguese,
        [("Galpão da Mooca", "Rua dos Trilhos 1200"), ("Sala Ipê", "Rua Fradique 55")]),
    ("Buenos Aires", "", "AR", (-34.6037, -58.3816), "America/Argentina/Buenos_Aires", tariff("ARS", 90_000, 100_000), Spanish,
        [("Galpón del Sur", "Avenida Pedro Luján 2400"), ("Teatro del Patio", "Pasaje Bollini 31")]),
    ("Bogotá", "Bogota", "CO", (4.711, -74.0721), "America/Bogota", tariff("COP", 300_000, 500_000), Spanish,
        [("Plaza Cubierta", "Carrera 30 # 60-10"), ("Sala Chapinero", "Calle 63 # 9-40")]),
    ("Lima", "", "PE", (-12.0464, -77.0428), "America/Lima", tariff("PEN", 300, 500), Spanish,
        [("Explanada del Mar", "Malecón Norte 800"), ("La Casona", "Jirón Unión Vieja 210")]),
    ("Santiago", "", "CL", (-33.4489, -70.6693), "America/Santiago", tariff("CLP", 800, 500), Spanish,
        [("Estación Poniente", "Avenida Matucana Alta 100"), ("Teatro Lastra", "Calle Lastra Chica 40")]),
    ("東京", "Tokyo", "JP", (35.6762, 139.6503), "Asia/Tokyo", JPY, Japanese,
        [("港ホール", "港区海辺1-2-3"), ("小劇場かもめ", "世田谷区北沢町2-5")]),
    ("京都", "Kyoto", "JP", (35.0116, 135.7681), "Asia/Tokyo", JPY, Japanese,
        [("鴨川会館", "左京区川端町40"), ("町家サロン", "中京区小路町12")]),
    ("서울", "Seoul", "KR", (37.5665, 126.978), "Asia/Seoul", tariff("KRW", 1_300, 1_000), Korean,
        [("한강홀", "마포구 강변로 100"), ("골목극장", "종로구 대학길 22")]),
    ("台北", "Taipei", "TW", (25.033, 121.5654), "Asia/Taipei", tariff("TWD", 3_000, 5_000), Chinese,
        [("河岸會館", "大同區河岸路60號"), ("巷弄劇場", "大安區小巷12號")]),
    ("香港", "Hong Kong", "HK", (22.3193, 114.1694), "Asia/Hong_Kong", tariff("HKD", 900, 1_000), Chinese,
        [("海濱館", "觀塘海濱徑8號"), ("天台戲院", "上環梯街30號")]),
    ("Singapore", "", "SG", (1.3521, 103.8198), "Asia/Singapore", tariff("SGD", 150, 100), English,
        [("Kallang Shed", "5 Basin Drive"), ("Shophouse Stage", "44 Petain Lane")]),
    ("กรุงเทพฯ", "Bangkok", "TH", (13.7563, 100.5018), "Asia/Bangkok", tariff("THB", 2_500, 5_000), Thai,
        [("โกดังริมน้ำ", "ถนนเจริญกรุง 1200"), ("ห้องแสดงเล็ก", "ซอยนานา 15")]),
    ("Hà Nội", "Hanoi", "VN", (21.0278, 105.8342), "Asia/Ho_Chi_Minh", tariff("VND", 15_000, 10_000), Vietnamese,
        [("Nhà hát Bờ Sông", "Phố Bờ Sông 20"), ("Sân khấu Nhỏ", "Ngõ Gạch 8")]),
    ("मुंबई", "Mumbai", "IN", (19.076, 72.8777), "Asia/Kolkata", INR, Hindi,
        [("समुद्र हॉल", "डॉकयार्ड मार्ग 14"), ("छोटा मंच", "बाज़ार गली 7")]),
    ("Bengaluru", "Bangalore", "IN", (12.9716, 77.5946), "Asia/Kolkata", INR, English,
        [("Lalbagh Grounds", "1 Garden Gate Road"), ("The Verandah", "88 Church Cross")]),
    ("काठमाडौं", "Kathmandu", "NP", (27.7172, 85.324), "Asia/Kathmandu", tariff("NPR", 5_000, 10_000), English,
        [("Bagmati Hall", "Teku Marg 3"), ("Courtyard Nine", "Jhochhen Tole 9")]),
    ("دبي", "Dubai", "AE", (25.2048, 55.2708), "Asia/Dubai", tariff("AED", 450, 500), Arabic,
        [("قاعة الخور", "طريق الميناء 10"), ("المسرح الصغير", "شارع السركال 5")]),
    ("الكويت", "Kuwait City", "KW", (29.3759, 47.9774), "Asia/Kuwait", tariff("KWD", 330, 250), Arabic,
        [("قاعة الخليج", "شارع الساحل 25"), ("مسرح الديوان", "شارع السوق القديم 4")]),
    ("القاهرة", "Cairo", "EG", (30.0444, 31.2357), "Africa/Cairo", tariff("EGP", 2_500, 5_000), Arabic,
        [("ساحة النيل", "كورنيش النيل 300"), ("مسرح الحارة", "شارع المعز 61")]),
    ("الدار البيضاء", "Casablanca", "MA", (33.5731, -7.5898), "Africa/Casablanca", tariff("MAD", 700, 1_000), Arabic,
        [("قاعة الميناء", "شارع المرسى 18"), ("بيت الفن", "زنقة الأزهار 6")]),
    ("Lagos", "", "NG", (6.5244, 3.3792), "Africa/Lagos", tariff("NGN", 80_000, 100_000), English,
        [("Marina Dome", "70 Lagoon Drive"), ("The Freight Room", "12 Awolowo Close")]),
    ("Nairobi", "", "KE", (-1.2921, 36.8219), "Africa/Nairobi", tariff("KES", 8_000, 10_000), English,
        [("Ngong Grounds", "Ngong Lane 500"), ("Acacia Stage", "Kolobot Court 3")]),
    ("Accra", "", "GH", (5.6037, -0.187), "Africa/Accra", tariff("GHS", 900, 1_000), English,
        [("Labadi Park", "4 Beach Link"), ("The Kiln", "21 Oxford Court")]),
    ("Dakar", "", "SN", (14.7167, -17.4677), "Africa/Dakar", tariff("XOF", 400, 500), French,
        [("Esplanade du Phare", "Corniche Ouest 50"), ("La Cour", "Rue Parchappe 8")]),
    ("Cape Town", "", "ZA", (-33.9249, 18.4241), "Africa/Johannesburg", tariff("ZAR", 1_200, 1_000), English,
        [("Foreshore Dock", "9 Duncan Quay"), ("The Lemon Shed", "33 Bree Mews")]),
    ("Sydney", "", "AU", (-33.8688, 151.2093), "Australia/Sydney", tariff("AUD", 170, 100), English,
        [("White Bay Sheds", "20 Robert Wharf, NSW 2039"), ("The Tin Roof", "6 Enmore Mews, NSW 2042")]),
    ("Auckland", "", "NZ", (-36.8509, 174.7645), "Pacific/Auckland", tariff("NZD", 180, 100), English,
        [("Silo Yard", "15 Jellicoe Quay"), ("The Harbour Room", "2 Galway Court")]),
];
