"""The words of `sentiment`, language by language; how they were chosen is said there.

One list serves all seven languages, for nobody says in which one a ticket is written. Phrases go before their words:
"works not" and its sisters stand here whole, because a denial that comes *after* its word is not noticed. What counts 0
is politeness that looks like praise.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from syncd.core.conditions import split

_LISTS = {
    "English": {
        0: "good morning, good afternoon, good evening, good day, thanks in advance, thank you in advance, what "
        "is wrong, what's wrong",
        -4: "unacceptable, outrageous, disgusted, furious, disgraceful, scam, worst",
        -3: "terrible, horrible, awful, useless, ridiculous, angry, pathetic, fed up, nightmare, incompetent, "
        "disaster, sick of, waste of time, waste of money, rip off, not acceptable, last straw, livid, appalling",
        -2: "frustrated, frustrating, disappointed, disappointing, annoyed, annoying, unhappy, bad, poor, broken, "
        "complaint, upset, losing money, still waiting, no response, no reply, no answer, no one answers, again and "
        "again, yet again, nobody cares, let down, doesn't work, does not work, not working, unreliable, "
        "dissatisfied, ignored, sloppy, unusable, stopped working, keeps crashing, how much longer",
        -1: "slow, confusing, confused, worried, concerned, fails, failed, failing, problem, problems, annoyance, "
        "crash, crashes, crashed, wrong, stuck, still not, delayed",
        1: "thanks, thank you, helpful, glad, nice, pleased, solved, fixed, no problem, works now, appreciate",
        2: "great, good, happy, satisfied, works well, works fine, works again, well done, quick reply, impressed",
        3: "excellent, awesome, fantastic, wonderful, amazing, perfect, love, brilliant, delighted",
    },
    "German": {
        0: "gute nacht, vielen dank im voraus, danke im voraus, besten dank im voraus",
        -4: "inakzeptabel, unverschämt, unverschämtheit, frechheit, unzumutbar, skandal, wütend, stinksauer",
        -3: "katastrophe, katastrophal, furchtbar, schrecklich, unfassbar, lächerlich, verärgert, miserabel, "
        "nutzlos, unbrauchbar, inkompetent, nicht akzeptabel, die nase voll, zeitverschwendung, schlimmste, "
        "nicht hinnehmbar, zumutung, sauer, am ende meiner geduld",
        -2: "enttäuscht, enttäuschend, enttäuschung, frustriert, frustrierend, ärgerlich, genervt, nervt, schlecht, "
        "schlechte, schlechter, schlechten, unzufrieden, beschwerde, kaputt, keine antwort, keine rückmeldung, "
        "warte immer noch, warten immer noch, immer noch nicht, schon wieder, funktioniert nicht, "
        "funktionieren nicht, geht nicht, funktioniert nichts, niemand antwortet, unzuverlässig, ignoriert",
        -1: "langsam, problem, probleme, leider, fehlgeschlagen, verwirrend, besorgt, falsch, umständlich",
        1: "danke, vielen dank, besten dank, hilfreich, nett, freundlich, gelöst, behoben, kein problem, freut",
        2: "gut, gute, guter, zufrieden, glücklich, toller, tolle, tolles, klappt wieder, läuft wieder, schnelle hilfe",
        3: "ausgezeichnet, hervorragend, großartig, perfekt, fantastisch, wunderbar, begeistert, spitze",
    },
    "French": {
        0: "bonne journée, bonne soirée, bonne année, merci d'avance, merci de bien vouloir, merci de nous, "
        "merci de me",
        -4: "inacceptable, inadmissible, scandaleux, scandaleuse, honteux, honteuse, furieux, furieuse, arnaque",
        -3: "catastrophique, catastrophe, horrible, ridicule, lamentable, incompétent, incompétents, "
        "ras le bol, marre, perte de temps, insupportable, intolérable, en colère, pas acceptable, déplorable",
        -2: "déçu, déçue, décevant, décevante, frustré, frustrée, frustrant, mécontent, mécontente, insatisfait, "
        "insatisfaite, mauvais, mauvaise, réclamation, aucune réponse, pas de réponse, toujours pas, encore une fois, "
        "ne fonctionne pas, ne fonctionne plus, ne marche pas, ne marche plus, fonctionne plus, marche plus, agacé, "
        "agaçant, personne ne répond, inutilisable, énervé, énervée",
        -1: "lent, lente, lenteur, problème, problèmes, inquiet, inquiète, échoué, compliqué, erreurs",
        1: "merci, utile, aimable, gentil, gentille, résolu, corrigé, pas de problème, ravi de",
        2: "bon, bonne, très bien, satisfait, satisfaite, heureux, heureuse, fonctionne bien, marche bien",
        3: "excellent, excellente, parfait, parfaite, génial, géniale, fantastique, formidable, ravi, ravie",
    },
    "Spanish": {
        0: "buena tarde, buena noche, gracias de antemano, gracias por adelantado",
        -4: "inaceptable, indignante, vergonzoso, vergüenza, furioso, furiosa, estafa",
        -3: "terrible, horrible, pésimo, pésima, desastre, inútil, ridículo, harto, harta, enfadado, enfadada, "
        "incompetentes, lamentable, pérdida de tiempo, no es aceptable, enojado, enojada, nefasto",
        -2: "decepcionado, decepcionada, decepcionante, frustrado, frustrada, frustrante, molesto, molesta, "
        "insatisfecho, insatisfecha, descontento, malo, mala, queja, sin respuesta, nadie responde, "
        "nadie contesta, sigo esperando, seguimos esperando, otra vez, no funciona, no funcionan, dejó de funcionar, "
        "todavía no, ninguna respuesta",
        -1: "lento, lenta, problema, problemas, preocupado, preocupada, falla, fallo, fallos, confuso, complicado",
        1: "gracias, amable, resuelto, solucionado, útil, ningún problema",
        2: "bueno, buena, muy bien, contento, contenta, satisfecho, satisfecha, feliz, funciona bien",
        3: "excelente, perfecto, perfecta, fantástico, fantástica, genial, maravilloso, maravillosa, encantado",
    },
    "Italian": {
        0: "buona giornata, buona sera, buona serata, grazie in anticipo",
        -4: "inaccettabile, vergognoso, vergognosa, vergogna, scandaloso, furioso, furiosa, truffa",
        -3: "terribile, orribile, pessimo, pessima, disastro, inutile, ridicolo, stufo, stufa, arrabbiato, arrabbiata, "
        "incompetenti, perdita di tempo, non è accettabile, disastroso, esasperato",
        -2: "deluso, delusa, deludente, frustrato, frustrata, frustrante, infastidito, insoddisfatto, insoddisfatta, "
        "scontento, cattivo, reclamo, nessuna risposta, nessuno risponde, sto ancora aspettando, "
        "ancora in attesa, di nuovo, non funziona, non funzionano, ancora una volta, smesso di funzionare",
        -1: "lento, lenta, lentezza, problema, problemi, preoccupato, preoccupata, fallito, confuso, complicato",
        1: "grazie, gentile, gentili, risolto, utile, nessun problema",
        2: "buono, buona, molto bene, contento, contenta, soddisfatto, soddisfatta, felice, funziona bene",
        3: "eccellente, ottimo, ottima, perfetto, perfetta, fantastico, fantastica, meraviglioso, bravissimi",
    },
    "Dutch": {
        0: "goede morgen, goede middag, goede avond, bij voorbaat dank, alvast bedankt",
        -4: "onacceptabel, onaanvaardbaar, schandalig, schande, woedend, oplichting",
        -3: "verschrikkelijk, vreselijk, rampzalig, waardeloos, nutteloos, belachelijk, boos, incompetent, "
        "tijdverspilling, niet acceptabel, spuugzat, beu, schandelijk",
        -2: "teleurgesteld, teleurstellend, gefrustreerd, frustrerend, geïrriteerd, irritant, ontevreden, slecht, "
        "slechte, klacht, kapot, geen antwoord, geen reactie, nog steeds niet, wachten nog steeds, wacht nog steeds, "
        "alweer, werkt niet, werken niet, doet het niet, niemand reageert, onbruikbaar",
        -1: "traag, langzaam, probleem, problemen, helaas, mislukt, bezorgd, verwarrend, fout, vastgelopen",
        1: "bedankt, dank, dank u, dankjewel, behulpzaam, vriendelijk, opgelost, geen probleem, fijn",
        2: "goed, goede, blij, tevreden, gelukkig, werkt weer, werkt goed, snelle hulp",
        3: "uitstekend, fantastisch, geweldig, perfect, prachtig",
    },
    "Portuguese": {
        0: "bom dia, boa tarde, boa noite, obrigado desde já, obrigada desde já",
        -4: "inaceitável, vergonhoso, vergonhosa, vergonha, furioso, furiosa, burla, absurdo",
        -3: "terrível, horrível, péssimo, péssima, desastre, inútil, ridículo, farto, farta, zangado, zangada, "
        "incompetentes, perda de tempo, não é aceitável, lamentável, irritada, irritado",
        -2: "decepcionado, decepcionada, desapontado, desapontada, decepcionante, frustrado, frustrada, frustrante, "
        "insatisfeito, insatisfeita, descontente, mau, má, ruim, reclamação, sem resposta, ninguém responde, "
        "continuo à espera, ainda estou esperando, outra vez, de novo, não funciona, não funcionam, "
        "parou de funcionar, nenhuma resposta, ainda não",
        -1: "lento, lenta, problema, problemas, preocupado, preocupada, falha, falhou, confuso, complicado",
        1: "obrigado, obrigada, gentil, resolvido, corrigido, útil, nenhum problema, sem problemas",
        2: "bom, boa, muito bem, contente, satisfeito, satisfeita, feliz, funciona bem",
        3: "excelente, perfeito, perfeita, fantástico, fantástica, ótimo, ótima, maravilhoso, maravilhosa",
    },
}

_CHURN = {
    "English": "cancel our contract, cancel my contract, cancel our subscription, cancel my subscription, cancel our "
    "account, cancel my account, terminate our contract, switch to a competitor, switching to a competitor, move to a "
    "competitor, switch to another provider, switch providers, looking for alternatives, want our money back, "
    "want my money back, want a refund, our lawyer, our lawyers, legal action, leave you, ending our contract",
    "German": "vertrag kündigen, vertrag zu kündigen, werden kündigen, kündigen wir, kündigung, anbieter wechseln, "
    "wechseln den anbieter, anbieter zu wechseln, geld zurück, anwalt, rechtliche schritte, zur konkurrenz",
    "French": "résilier, résiliation, changer de fournisseur, changer de prestataire, passer à la concurrence, "
    "nous rembourser, notre avocat, action en justice, annuler notre abonnement, annuler mon abonnement",
    "Spanish": "cancelar el contrato, cancelar nuestro contrato, cancelar la suscripción, "
    "cancelar nuestra suscripción, cambiar de proveedor, irnos a la competencia, "
    "devolución del dinero, nuestro abogado, acciones legales, "
    "darnos de baja, darme de baja",
    "Italian": "disdire, disdetta, annullare il contratto, annullare l'abbonamento, cambiare fornitore, "
    "passare alla concorrenza, rivogliamo i soldi, nostro avvocato, azioni legali, rescindere",
    "Dutch": "contract opzeggen, abonnement opzeggen, opzegging, overstappen, andere leverancier, geld terug, "
    "onze advocaat, juridische stappen, naar de concurrent",
    "Portuguese": "cancelar o contrato, cancelar a assinatura, cancelar nosso contrato, rescindir, "
    "mudar de fornecedor, trocar de fornecedor, ir para a concorrência, "
    "queremos o dinheiro de volta, nosso advogado, medidas legais",
}


def _phrases(listed: str) -> Iterator[tuple[str, ...]]:
    return (split(phrase) for phrase in listed.split(","))


POINTS = {
    phrase: Decimal(points)
    for levels in _LISTS.values()
    for points, listed in levels.items()
    for phrase in _phrases(listed)
}
CHURN = tuple(dict.fromkeys(phrase for listed in _CHURN.values() for phrase in _phrases(listed)))
