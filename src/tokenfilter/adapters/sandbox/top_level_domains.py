"""Top-level domains that make a bare name a link in Telegram.

Every country code, and the generic ones of the public root zone that are met in practice; a name under one that is not
listed here is a link only with its protocol written out.
"""

_COUNTRIES = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg
ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh
gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr
kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf
ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl
sm sn so sr st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf
ws ye yt za zm zw
"""

_GENERIC = """
abc able academy accountant accountants actor ads adult aero africa agency airforce alsace amazon amsterdam analytics
android apartments app apple arab archi army arpa art asia associates attorney auction audi audio author auto autos baby
baidu band bank bar barcelona bargains baseball basketball beauty beer berlin best bet bible bid bike bing bingo bio biz
black blackfriday blog bloomberg blue bmw boats bond boo book booking boston bot boutique box broadway broker brother
brussels build builders business buy buzz bzh cab cafe call cam camera camp capetown capital car cards care career
careers cars casa case cash casino cat catering center ceo cern channel charity chase chat cheap christmas chrome church
circle cisco city claims cleaning click clinic clothing cloud club coach codes coffee college cologne com community
company compare computer condos construction consulting contact contractors cooking cool coop corsica country coupon
coupons courses credit creditcard creditunion cricket cruise cruises cymru cyou dad dance data date dating day deal
dealer deals degree delivery dell deloitte democrat dental dentist design dev diamonds diet digital direct directory
discount discover dish diy doctor dog domains dot download drive dubai earth eat eco edu education email energy engineer
engineering enterprises epson equipment esq estate eus events exchange expert exposed express fage fail faith family fan
fans farm fashion fast feedback film final finance financial fire fish fishing fit fitness flights florist flowers fly
foo food football ford forex forsale forum foundation fox free frl fun fund furniture futbol fyi gal gallery game games
garden gay gent gift gifts gives giving glass global gmail gmbh gmx gold golf goo goog google gop gov graphics gratis
green gripe group guardian guide guitars guru hair hamburg haus health healthcare help helsinki here hiphop hiv hockey
holdings holiday homes honda horse hospital host hosting hot hotels hotmail house how hsbc ibm icu immo immobilien inc
industries info ing ink institute insurance insure int international investments irish istanbul jaguar java jetzt
jewelry jobs joburg jot joy juegos kaufen kim kinder kitchen kiwi koeln kpmg land lat latino law lawyer lds lease legal
lgbt life lifestyle lighting like limited limo link live living llc llp loan loans locker lol london lotto love ltd ltda
luxe luxury madrid maison makeup man management mango map market marketing markets mba med media meet melbourne meme
memorial men menu miami microsoft mil mini mint mit mobi mobile moda moe moi mom monash money monster mortgage moscow
moto motorcycles mov movie museum music nagoya name navy net network new news next ngo nhk nike ninja nissan nokia now
nowruz nrw nyc observer office okinawa one ong onl online ooo open oracle orange org organic osaka ovh page paris pars
partners parts party pay pet pharmacy phd phone photo photography photos physio pics pictures pid pin ping pink pioneer
pizza place play playstation plumbing plus poker porn post press prime pro prod productions prof progressive promo
properties property protection pub quebec quest racing radio read realestate realtor realty recipes red rehab reise
reisen ren rent rentals repair report republican rest restaurant review reviews rich rio rip rocks rodeo room rsvp rugby
ruhr run ryukyu safe safety sale salon samsung sap sarl sas save saxo scholarships school schule science scot search
secure security seek select services seven sew sex sexy shia shoes shop shopping show silk singles site ski skin sky
skype smart smile soccer social softbank software solar solutions song sony soy spa space sport spot star storage store
stream studio study style sucks supplies supply support surf surgery suzuki sydney systems taipei talk taobao target tax
taxi team tech technology tel tennis theater theatre tickets tienda tips tires tirol today tokyo tools top total tours
town toyota toys trade trading training travel trust tube tunes university uno uol vacations vegas ventures vet viajes
video villas vin vip visa vision viva vlaanderen vodka vote voting voto voyage wales walter wang watch watches weather
webcam website wed wedding weibo wien wiki win windows wine winners work works world wow wtc wtf xbox xin xxx xyz yachts
yahoo yandex yoga yokohama you youtube yun zara zero zip zone москва онлайн сайт орг дети рус рф бг бел срб укр қаз мкд
中国 中國 公司 网络 网站 商城 在线 我爱你 集团 香港 台湾 世界 한국 닷컴 みんな コム भारत ไทย
"""

TOP_LEVEL_DOMAINS = frozenset(_COUNTRIES.split()) | frozenset(_GENERIC.split())
