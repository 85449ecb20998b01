//! Conferences, meetups and workshops on computing.

use super::{WorldEvent, event};

pub(super) const EVENTS: &[WorldEvent] = &[
    event("berlin-js", "JavaScript Days")
        .at("berlin", "Kosmos", "2027-06-14T00:00", 2_880)
        .of("conference", &["javascript", "web"])
        .says("Talks on browsers, build tools and everything between.")
        .sells((39_900, "EUR"), 800, 640),
    event("vienna-js", "Vienna Frontend Evening")
        .at("vienna", "Impact Hub", "2027-04-14T18:30", 150)
        .of("meetup", &["javascript", "css"])
        .says("Lightning talks, this time about web components.")
        .sells((0, "EUR"), 120, 119),
    event("lisbon-js", "Advanced JavaScript Workshop")
        .at("lisbon", "Beato Hub", "2027-05-20T09:00", 480)
        .of("workshop", &["javascript"])
        .says("Closures, iterators and the event loop, on paper first.")
        .sells((45_000, "EUR"), 30, 11),
    event("new-york-node", "Node.js Interactive Evening")
        .at("new-york", "Pier Labs", "2027-04-28T18:00", 180)
        .of("meetup", &["javascript", "node"])
        .says("Streams, workers and war stories.")
        .sells((0, "USD"), 150, 40),
    event("tokyo-js", "JavaScript勉強会")
        .at("tokyo", "渋谷スクランブル", "2027-04-21T19:00", 120)
        .of("meetup", &["javascript"])
        .says("東京のエンジニアのための勉強会。")
        .sells((0, "JPY"), 80, 60),
    event("kyoto-java", "Java Festa")
        .at("kyoto", "国際会館", "2027-05-29T10:00", 480)
        .of("conference", &["java"])
        .says("JVMとその仲間たちの一日。")
        .sells((5_000, "JPY"), 600, 200),
    event("hamburg-java", "Java Forum Nord")
        .at("hamburg", "Handelskammer", "2027-09-14T09:00", 540)
        .of("conference", &["java", "jvm"])
        .says("Ein Tag rund um die JVM, mit Kotlin und Scala.")
        .sells((29_000, "EUR"), 400, 150),
    event("bengaluru-java", "Java Community Day")
        .at("bengaluru", "Palace Grounds", "2027-08-07T09:30", 480)
        .of("conference", &["java", "kotlin"])
        .says("Garbage collectors, virtual threads and filter coffee.")
        .sells((150_000, "INR"), 1_500, 700),
    event("zurich-rust", "Rust Summit")
        .at("zurich", "Technopark", "2027-09-02T00:00", 2_880)
        .of("conference", &["rust", "systems"])
        .says("Ownership, async and embedded: two days for people who ship.")
        .sells((52_000, "CHF"), 500, 120),
    event("berlin-rust", "Rust Hack & Learn")
        .at("berlin", "Holzmarkt", "2027-03-24T19:00", 180)
        .of("meetup", &["rust"])
        .says("Bring a laptop; beginners are welcome.")
        .sells((0, "EUR"), 50, 12),
    event("tokyo-rust", "Rust東京")
        .at("tokyo", "秋葉原UDX", "2027-11-13T10:00", 480)
        .of("conference", &["rust"])
        .says("所有権から組込みまで。")
        .sells((6_000, "JPY"), 300, 90),
    event("rust-coaster", "Achterbahn-Nacht")
        .at("rust", "Europaplatz", "2027-07-30T19:00", 300)
        .of("family", &["theme park"])
        .says("Alle Bahnen bis Mitternacht, ohne Schlange.")
        .sells((5_900, "EUR"), 2_500, 900),
    event("rust-wine", "Weinfest am Rhein")
        .at("rust", "Dorfplatz", "2027-09-18T15:00", 480)
        .of("food", &["wine"])
        .says("Winzer aus der Ortenau schenken aus.")
        .sells((0, "EUR"), 1_500, 0),
    event("manchester-rust", "Removing rust from old tools")
        .at("manchester", "Men’s Shed", "2027-04-17T10:00", 180)
        .of("workshop", &["crafts", "repair"])
        .says("Vinegar, wire wool and patience.")
        .sells((1_500, "GBP"), 12, 4),
    event("online-rust-wasm", "Rust and JavaScript in one bundle")
        .online("2027-04-08T17:00", 90)
        .of("meetup", &["rust", "javascript", "webassembly"])
        .says("WebAssembly without tears.")
        .sells((0, "USD"), 1_000, 80),
    event("online-rust-book", "Reading the Rust reference together")
        .online("2027-03-31T18:00", 60)
        .of("meetup", &["rust"])
        .says("One chapter a month.")
        .sells((0, "EUR"), 200, 14),
    event("prague-python", "PyDay Praha")
        .at("prague", "Kampus Dejvice", "2027-09-10T00:00", 4_320)
        .of("conference", &["python"])
        .says("Python for data, the web and hardware.")
        .sells((350_000, "CZK"), 700, 350),
    event("nairobi-python", "Python Nairobi")
        .at("nairobi", "Nailab", "2027-06-26T09:00", 420)
        .of("conference", &["python", "data"])
        .says("From spreadsheets to notebooks.")
        .sells((200_000, "KES"), 300, 120),
    event("sydney-python", "Python Feeding Time")
        .at("sydney", "Harbour Zoo", "2027-04-04T14:00", 45)
        .of("family", &["reptiles", "animals"])
        .says("Meet a five metre snake and her keeper.")
        .sells((1_200, "AUD"), 40, 18),
    event("buenos-aires-python", "Aprende Python en un día")
        .at("buenos-aires", "Polo Sur", "2027-08-14T09:00", 480)
        .of("workshop", &["python"])
        .says("Taller para principiantes, con mate.")
        .sells((2_500_000, "ARS"), 40, 40),
    event("accra-data", "Data Science Accra")
        .at("accra", "Impact Ridge", "2027-07-08T09:00", 480)
        .of("conference", &["data", "ai", "python"])
        .says("Public health, crops and language models.")
        .sells((35_000, "GHS"), 400, 90),
    event("oslo-postgres", "PostgreSQL Day Oslo")
        .at("oslo", "Sentralen", "2027-04-22T09:00", 480)
        .of("conference", &["postgresql", "databases"])
        .says("Vacuum, replication and query planning.")
        .sells((180_000, "NOK"), 250, 130),
    event("warsaw-postgres", "Spotkanie PostgreSQL")
        .at("warsaw", "Koneser", "2027-05-06T18:00", 150)
        .of("meetup", &["postgresql"])
        .says("Indeksy częściowe i partycjonowanie.")
        .sells((0, "PLN"), 90, 31),
    event("toronto-postgres", "Postgres for application developers")
        .at("toronto", "Harbourfront Hall", "2027-05-25T09:00", 420)
        .of("workshop", &["postgresql", "sql"])
        .says("Transactions, locks and JSON.")
        .sells((42_000, "CAD"), 35, 20),
    event("amsterdam-kube", "Kubernetes Community Days")
        .at("amsterdam", "Beurs", "2027-06-22T00:00", 2_880)
        .of("conference", &["kubernetes", "cloud"])
        .says("Operators, gateways and on-call life.")
        .sells((25_000, "EUR"), 600, 600),
    event("seattle-kube", "Kubernetes from Scratch")
        .at("seattle", "South Lake Studio", "2027-05-11T09:00", 480)
        .of("workshop", &["kubernetes", "containers"])
        .says("Certificates, kubelets and etcd by hand.")
        .sells((79_900, "USD"), 24, 19),
    event("seoul-kube", "쿠버네티스 한국 모임")
        .at("seoul", "강남 파이낸스홀", "2027-06-10T19:00", 150)
        .of("meetup", &["kubernetes"])
        .says("컨테이너와 클라우드 이야기.")
        .sells((0, "KRW"), 100, 64),
    event("madrid-cpp", "C++ Madrid")
        .at("madrid", "La Nave", "2027-10-07T09:00", 510)
        .of("conference", &["c++"])
        .says("Modules, ranges and undefined behaviour.")
        .sells((21_000, "EUR"), 350, 90),
    event("krakow-cpp", "Advanced C++ Templates")
        .at("krakow", "Fabryka", "2027-05-18T09:00", 480)
        .of("workshop", &["c++"])
        .says("Concepts and compile-time tricks.")
        .sells((180_000, "PLN"), 20, 3),
    event("cambridge-c", "C for Embedded Engineers")
        .at("cambridge", "Bridge Labs", "2027-05-27T09:00", 480)
        .of("workshop", &["c", "embedded"])
        .says("Pointers, interrupts and a soldering iron.")
        .sells((60_000, "GBP"), 16, 9),
    event("copenhagen-net", ".NET Summit")
        .at("copenhagen", "Øksnehallen", "2027-09-28T00:00", 2_880)
        .of("conference", &[".net", "c#"])
        .says("F#, Orleans and desktop apps that last.")
        .sells((520_000, "DKK"), 900, 410),
    event("auckland-net", "Netball and .NET")
        .at("auckland", "Viaduct Hall", "2027-05-05T17:30", 150)
        .of("meetup", &[".net", "sport"])
        .says("A match first, talks after.")
        .sells((0, "NZD"), 40, 22),
    event("utrecht-network", "Network Operators Day")
        .at("utrecht", "Jaarbeurs Noord", "2027-11-25T09:00", 480)
        .of("conference", &["networking", "security"])
        .says("Peering, routing and outages told by those who were there.")
        .sells((15_000, "EUR"), 300, 120),
    event("london-ai", "AI in Practice")
        .at("london", "Exchange House", "2027-10-12T00:00", 4_320)
        .of("conference", &["ai", "machine learning"])
        .says("What works, what does not, and what it costs.")
        .sells((89_900, "GBP"), 1_500, 800),
    event("beijing-ai", "人工智能大会")
        .at("beijing", "国家会议中心", "2027-07-08T09:00", 540)
        .of("conference", &["ai"])
        .says("大模型、机器人与自动驾驶。")
        .sells((150_000, "CNY"), 1_500, 850),
    event("montevideo-ia", "Inteligencia artificial para todos")
        .at("montevideo", "Sala del Puerto", "2027-08-19T18:00", 120)
        .of("talk", &["ai"])
        .says("Charla abierta sin tecnicismos.")
        .sells((0, "UYU"), 200, 50),
    event("san-francisco-go", "Go Systems Day")
        .at("san-francisco", "Dogpatch Hall", "2027-08-12T09:00", 480)
        .of("conference", &["golang"])
        .says("Schedulers, channels and boring services.")
        .sells((55_000, "USD"), 450, 300),
    event("seoul-go", "바둑 대회 Go Open")
        .at("seoul", "한국기원", "2027-09-11T10:00", 480)
        .of("sport", &["board games"])
        .says("Seven rounds of go for all ranks.")
        .sells((30_000, "KRW"), 256, 180),
    event("delhi-ruby", "Ruby and Emerald: court jewels")
        .at("delhi", "National Gallery", "2027-04-10T10:00", 480)
        .of("exhibition", &["jewellery", "history"])
        .says("Gems from the Mughal treasuries.")
        .sells((50_000, "INR"), 600, 35),
    event("tel-aviv-security", "כנס אבטחת מידע")
        .at("tel-aviv", "גני התערוכה", "2027-06-28T09:00", 480)
        .of("conference", &["security"])
        .says("הגנה בענן ובקוד פתוח.")
        .sells((90_000, "ILS"), 700, 350),
    event("tallinn-egov", "Digital State Forum")
        .at("tallinn", "Kultuurikatel", "2027-05-26T00:00", 2_880)
        .of("conference", &["government", "identity"])
        .says("Electronic identity, voting and X-Road.")
        .sells((30_000, "EUR"), 400, 140),
    event("singapore-cloud", "Cloud Native Straits")
        .at("singapore", "Marina Hall", "2027-10-27T00:00", 2_880)
        .of("conference", &["cloud", "kubernetes"])
        .says("Platforms, observability and cost.")
        .sells((60_000, "SGD"), 1_200, 500),
    event("geneva-ux", "UX Lac")
        .at("geneva", "Bâtiment des Forces", "2027-09-09T09:00", 480)
        .of("conference", &["ux", "design"])
        .says("Design accessible et recherche.")
        .sells((38_000, "CHF"), 350, 110),
    event("barcelona-mobile", "Mobile Developers Congress")
        .at("barcelona", "Fira Sud", "2027-03-02T00:00", 4_320)
        .of("conference", &["mobile", "android", "ios"])
        .says("Phones, watches and cars.")
        .sells((99_000, "EUR"), 1_000, 960),
    event("san-jose-us-devops", "DevOps Days Rockies")
        .at("san-jose-us", "Civic Hall", "2027-05-06T00:00", 2_880)
        .of("conference", &["devops"])
        .says("Open spaces, pipelines and pagers.")
        .sells((24_900, "USD"), 500, 333),
    event("san-jose-cr-web", "Día de la web")
        .at("san-jose-cr", "Museo de los Niños", "2027-07-15T09:00", 480)
        .of("conference", &["web", "javascript"])
        .says("Accesibilidad, rendimiento y pura vida.")
        .sells((3_500_000, "CRC"), 300, 80),
    event("taipei-web", "網頁開發者年會")
        .at("taipei", "圓山花博", "2027-10-16T09:00", 480)
        .of("conference", &["web", "javascript"])
        .says("前端、後端與開源社群。")
        .sells((250_000, "TWD"), 1_000, 450),
    event("delhi-maps", "Open Mapping Weekend")
        .at("delhi", "Habitat Centre", "2027-10-02T00:00", 2_880)
        .of("workshop", &["maps", "open data"])
        .says("Walk, draw and publish a neighbourhood.")
        .sells((0, "INR"), 120, 33),
    event("online-accessibility", "Accessible tables, live")
        .online("2027-05-04T16:00", 60)
        .of("talk", &["accessibility", "html"])
        .says("Questions are welcome all through.")
        .sells((0, "EUR"), 500, 100),
    event("online-cpp", "C++ Core Hours")
        .online("2027-06-03T17:00", 60)
        .of("meetup", &["c++"])
        .says("Bring one snippet that surprises you.")
        .sells((0, "USD"), 300, 45),
    event("online-sql", "SQL Office Hours")
        .online("2027-03-09T15:00", 60)
        .of("meetup", &["sql", "postgresql"])
        .says("Send your slow query in advance.")
        .sells((0, "USD"), 100, 100),
    event("online-haskell", "Haskell Reading Circle")
        .online("2027-05-12T18:00", 90)
        .of("meetup", &["haskell", "functional"])
        .says("Papers with types in them.")
        .sells((0, "EUR"), 40, 9),
    event("online-paid", "Async Masterclass")
        .online("2027-06-16T13:00", 240)
        .of("workshop", &["rust", "async"])
        .says("Executors, pinning and cancellation.")
        .sells((19_900, "USD"), 25, 25),
    event("past-rust-berlin", "Rust Nation Winter")
        .at("berlin", "bUm", "2027-02-10T09:00", 480)
        .of("conference", &["rust"])
        .says("Traits, tooling and a hack day.")
        .sells((25_000, "EUR"), 300, 300),
    event("past-js-berlin", "JavaScript Winter Days")
        .at("berlin", "Kosmos", "2027-01-20T00:00", 2_880)
        .of("conference", &["javascript"])
        .says("Two days of scripts in the cold.")
        .sells((39_900, "EUR"), 800, 800),
    event("draft-python-rome", "Python Roma")
        .at("rome", "", "2027-11-20T09:00", 480)
        .of("conference", &["python"])
        .says("In preparazione.")
        .sells((9_000, "EUR"), 250, 0)
        .draft(),
    event("cancelled-kube-oslo", "Kubernetes Oslo")
        .at("oslo", "Spektrum", "2027-08-19T09:00", 480)
        .of("conference", &["kubernetes"])
        .says("Too few speakers this year.")
        .sells((150_000, "NOK"), 400, 80)
        .cancelled(),
];
