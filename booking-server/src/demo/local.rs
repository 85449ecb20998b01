//! What is on in the language of the place. All of it is invented.

use super::kinds::Kind::{
    Comedy, Concert, Dance, Exhibition, Family, Festival, Film, Food, Literature, Market, Opera,
    Sport, Theatre, Workshop,
};
use super::language::Language;
use super::programme::{Act, ENGLISH};

/// Returns what is on in a language.
pub(super) fn acts(language: Language) -> &'static [Act] {
    ACTS.iter().find(|(spoken, _)| *spoken == language).map_or(ENGLISH, |(_, acts)| acts)
}

#[rustfmt::skip]
const ACTS: &[(Language, &[Act])] = &[
    (Language::German, &[
        (Theatre, "Die Uhr im Keller",
            "Eine Familie erbt ein Haus, in dem eine Uhr rückwärts geht. Tragikomödie in drei \
             Akten und einem Keller."),
        (Concert, "Kammermusik bei Nacht",
            "Schubert, Schostakowitsch und eine Uraufführung. Nach der Pause werden die Stühle \
             zur Seite gestellt."),
        (Comedy, "Grüße aus dem Großraumbüro",
            "Kabarett über Drucker, Duzen und die Frage, wer die Kaffeemaschine entkalkt."),
        (Exhibition, "Schönes Überflüssiges",
            "Dreihundert Dinge, die niemand braucht und alle behalten. Führung jeweils um elf \
             Uhr."),
        (Workshop, "Messer schärfen wie früher",
            "Steine, Winkel, Geduld. Bitte höchstens drei stumpfe Messer mitbringen."),
        (Family, "Der Bär, der nicht schlafen wollte",
            "Figurentheater ab vier Jahren, mit Musik auf Töpfen und Pfannen."),
        (Literature, "Lesung im Waschsalon",
            "Vier Autorinnen lesen, während die Maschinen laufen. Wer will, bringt Wäsche mit."),
        (Food, "Fünf Gänge Wurzelgemüse",
            "Ein Abend für Rüben, Pastinaken und Zweifler. Mit Weinbegleitung."),
        (Sport, "Stadtlauf am Fluss",
            "Zehn Kilometer, zwei Brücken, eine Blaskapelle an jeder Ecke."),
        (Opera, "Die Köchin von Sankt Gallus",
            "Komische Oper über ein Kloster, ein Rezept und einen unehrlichen Bischof."),
    ]),
    (Language::French, &[
        (Theatre, "Le Déménagement",
            "Deux frères vident l'appartement de leur mère et n'arrivent pas à jeter une seule \
             chaise."),
        (Concert, "Trio des Brumes",
            "Accordéon, violoncelle et voix : des chansons pour les soirs où le dernier métro est \
             parti."),
        (Comedy, "Manuel de mauvaise foi",
            "Une heure pour apprendre à avoir raison, même quand on a tort."),
        (Exhibition, "L'Île aux horloges",
            "Cent horloges arrêtées, cent raisons de l'avoir fait. Entrée guidée toutes les \
             heures."),
        (Food, "Le Grand Banquet des restes",
            "Cinq plats, aucun gaspillage. Le chef explique, les convives épluchent."),
        (Film, "Nuit du court métrage",
            "Quinze films brefs venus de neuf pays, suivis d'un débat forcément trop long."),
        (Family, "Le Loup végétarien",
            "Marionnettes pour les enfants dès trois ans et pour les loups repentis."),
        (Workshop, "Atelier de reliure",
            "Coudre, coller, presser : chacun repart avec un carnet fait main."),
        (Dance, "Sept escaliers",
            "Une pièce pour cinq danseurs et un décor qui ne tient pas en place."),
        (Literature, "Poèmes sous les toits",
            "Lectures à voix basse, thé brûlant et fenêtres ouvertes."),
    ]),
    (Language::Spanish, &[
        (Concert, "Noche de boleros",
            "Una orquesta de doce músicos y las canciones que tu abuela cantaba en la cocina."),
        (Theatre, "La casa sin puertas",
            "Tres hermanas, un secreto y ninguna salida. Comedia oscura en un solo acto."),
        (Comedy, "Perdón por la tardanza", "Monólogo sobre aviones, suegras y relojes atrasados."),
        (Dance, "Zapatos rojos",
            "Flamenco y danza contemporánea frente a frente, con música en vivo."),
        (Film, "Ciclo de cine de barrio",
            "Películas rodadas a menos de un kilómetro de la pantalla. Al final, charla con los \
             vecinos."),
        (Food, "Mercado de medianoche",
            "Doce cocineras, doce platos y una mesa larguísima bajo las luces."),
        (Workshop, "Taller de cerámica para manos torpes",
            "Barro, torno y paciencia. Las piezas se entregan cocidas dos semanas después."),
        (Festival, "Festival del Río",
            "Tres días de música junto al agua, con zona de acampada y escenario para niños."),
        (Sport, "Clásico de invierno",
            "El partido que divide familias. Apertura de puertas dos horas antes."),
        (Literature, "Cuentos para el camino",
            "Narradores orales, café de olla y una hora sin pantallas."),
    ]),
    (Language::Portuguese, &[
        (Concert, "Sambas de quintal",
            "Roda de samba com oito músicos, cadeiras à volta e nenhum palco."),
        (Theatre, "O Inventor de Marés",
            "Um faroleiro promete à vila que pode mandar no mar. A vila acredita."),
        (Family, "A Girafa Constipada", "Teatro de sombras para crianças a partir dos três anos."),
        (Exhibition, "Azulejos que falam",
            "Painéis antigos, histórias novas e uma sala para pintar o seu."),
        (Dance, "Corpo de água", "Seis bailarinos e uma chuva que não para."),
        (Comedy, "Reunião de condomínio", "Comédia em que o público vota a ordem de trabalhos."),
    ]),
    (Language::Italian, &[
        (Opera, "Il mercante di nebbia",
            "Opera buffa in due atti: un mercante, due vedove e una città che non si vede."),
        (Food, "La domenica delle nonne", "Pasta tirata a mano, tavoli lunghi e nessuna fretta."),
        (Theatre, "Ultimo tram",
            "Sei sconosciuti restano bloccati al capolinea. Uno di loro ha le chiavi."),
        (Concert, "Quartetto dei Cortili",
            "Archi e fisarmonica tra i panni stesi, dal barocco al tango."),
        (Film, "Cinema sotto le stelle",
            "Commedie restaurate, sedie pieghevoli e zanzare escluse dal prezzo."),
    ]),
    (Language::Polish, &[
        (Theatre, "Trzecia zmiana",
            "Prządki, duchy i fabryka, która nie chce zasnąć. Spektakl z muzyką na żywo."),
        (Concert, "Żółte światło",
            "Jazz z miasta włókniarzy: saksofon, kontrabas i stary telegraf."),
        (Exhibition, "Wzory i nici", "Sto lat tkanin drukowanych, od fartuchów po żagle."),
        (Comedy, "Kolejka do okienka", "Kabaret o urzędach, sąsiadach i sztuce czekania."),
        (Film, "Noc krótkich filmów", "Dwadzieścia filmów, jedna przerwa, gorąca zupa o północy."),
    ]),
    (Language::Japanese, &[
        (Concert, "夜汽車の弦楽四重奏", "駅の音と弦楽が出会う一夜。途中入場はご遠慮ください。"),
        (Theatre, "雨宿り", "見知らぬ五人が軒下で過ごす九十分。笑いと小さな秘密の物語。"),
        (Exhibition, "直す、使う、また直す", "三百点の繕われた道具と、その持ち主たちの言葉。"),
        (Food, "発酵の食卓", "味噌、酢、麹。一か月待った料理を一皿ずつ。"),
        (Family, "ふくろうと昼の月", "四歳から楽しめる影絵芝居。終演後に工作の時間があります。"),
        (Festival, "海辺音楽祭", "三日間、四つのステージ。最終日は日の出とともに始まります。"),
    ]),
    (Language::Arabic, &[
        (Concert, "ليلة العود", "أمسية من الموسيقى الشرقية مع خمسة عازفين وقصائد قديمة بصوت جديد."),
        (Theatre, "مفاتيح البيت القديم", "ثلاثة إخوة يعودون إلى بيت جدهم فيجدون أن الأبواب تغيرت."),
        (Exhibition, "الحرف والضوء", "معرض للخط العربي المعاصر مع جولات إرشادية كل ساعة."),
        (Food, "مائدة البهارات", "عشاء من سبعة أطباق وحكاية لكل بهار."),
        (Family, "الجمل الذي أحب المطر", "مسرح عرائس للأطفال من سن الرابعة."),
        (Comedy, "دقيقة من فضلك", "عرض ستاند أب عن المواعيد والانتظار وقهوة الجيران."),
        (Literature, "حكايات على السطح",
            "أمسية قصصية مفتوحة تحت النجوم، والشاي على حساب الحكواتي."),
    ]),
    (Language::Korean, &[
        (Theatre, "막차가 떠난 뒤", "종점에 남은 네 사람의 하룻밤. 웃음과 고백이 섞인 소극장 연극."),
        (Concert, "강변의 가야금", "가야금과 전자음악이 만나는 저녁, 두 차례의 앙코르 포함."),
    ]),
    (Language::Chinese, &[
        (Theatre, "巷口的郵差", "一封遲到三十年的信，和一條不肯改變的巷子。"),
        (Food, "夜市長桌宴", "十二位廚師，一張長桌，從第一道菜吃到收攤。"),
        (Concert, "雨聲與二胡", "二胡、鋼琴和錄下來的雨，四十分鐘不間斷。"),
    ]),
    (Language::Greek, &[
        (Theatre, "Το νησί χωρίς όνομα",
            "Μια κωμωδία για έναν δήμαρχο, έναν χάρτη και μια λάθος γραμμή."),
        (Concert, "Τραγούδια του λιμανιού", "Μπουζούκι, κλαρίνο και φωνές ως το ξημέρωμα."),
    ]),
    (Language::Turkish, &[
        (Theatre, "Çayın Yanında Yalan",
            "Bir mahalle kahvesinde herkes bir yalan söyler; biri doğru çıkar."),
        (Concert, "Gece Vapuru", "Klarnet, ud ve dalga sesi: boğazda iki saatlik bir konser."),
    ]),
    (Language::Ukrainian, &[
        (Theatre, "Останній трамвай",
            "П'ятеро пасажирів, один кондуктор і ніч, яка не закінчується."),
        (Concert, "Голоси степу", "Багатоголосся, бандура та електроніка на одній сцені."),
    ]),
    (Language::Czech, &[
        (Theatre, "Hodinářova stávka",
            "V den korunovace se zastaví všechny hodiny. Komedie o čase a mzdách."),
        (Family, "Žirafa má rýmu", "Loutkové představení pro děti od tří let, s písničkami."),
    ]),
    (Language::Hungarian, &[
        (Concert, "Őszi vonósok", "Hegedű, cimbalom és nagybőgő, táncra és könnyekre."),
        (Comedy, "Kérem, várjon a sorára", "Önálló est ügyintézőkről, liftekről és anyósokról."),
    ]),
    (Language::Romanian, &[
        (Theatre, "Țara de lângă gară",
            "Un șef de gară, un tren care nu vine și o poveste care tot începe."),
        (Film, "Nopți de film în curte", "Comedii vechi, pături groase și limonadă."),
    ]),
    (Language::Danish, &[
        (Concert, "Sange fra færgen", "Viser, kontrabas og bølgeskvulp i to korte sæt."),
        (Family, "Æsken med månen", "Skyggeteater for børn fra fire år."),
    ]),
    (Language::Swedish, &[
        (Theatre, "Grannen på våning fem",
            "En komedi om trappstädning, kärlek och en försvunnen cykel."),
        (Concert, "Körkväll på Gasklockan", "Åttio röster i ett rum med sju sekunders efterklang."),
    ]),
    (Language::Norwegian, &[
        (Film, "Kortfilmnatt på kaia", "Tolv filmer, ullpledd og kakao, uansett vær."),
        (Concert, "Hardingfele og støy", "Folkemusikk møter forsterkere i en gammel verftshall."),
    ]),
    (Language::Finnish, &[
        (Concert, "Hämärän tangot", "Tangoja, jotka soitetaan melkein kuiskaten."),
        (Workshop, "Löylyn alkeet", "Saunakurssi aloittelijoille: kivet, vesi ja hiljaisuus."),
    ]),
    (Language::Dutch, &[
        (Theatre, "De brug is open",
            "Twee bruggenwachters, één sleutel en een stad die moet wachten."),
        (Market, "Maandmarkt voor makers",
            "Boekbinders, pottenbakkers en een man die alleen lepels snijdt."),
    ]),
    (Language::Thai, &[
        (Food, "มื้อค่ำริมน้ำ", "อาหารเจ็ดจานจากตลาดเช้า เสิร์ฟบนโต๊ะยาวริมแม่น้ำ"),
        (Concert, "ระนาดกับไฟฟ้า", "ดนตรีไทยพบซินธิไซเซอร์ในโกดังเก่า"),
    ]),
    (Language::Vietnamese, &[
        (Theatre, "Con rối và cơn mưa", "Múa rối nước kể chuyện một ngôi làng đợi mưa."),
        (Food, "Bữa tối ngõ nhỏ", "Bảy món, bảy gian bếp, một con ngõ."),
    ]),
    (Language::Hindi, &[
        (Concert, "बारिश की शाम", "सितार, तबला और बारिश की आवाज़: एक लंबी, धीमी शाम।"),
        (Comedy, "लोकल ट्रेन के किस्से", "भीड़, देरी और दोस्ती पर एक घंटे का स्टैंड-अप।"),
    ]),
];
