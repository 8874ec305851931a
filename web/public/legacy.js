/* Browsers without ES modules run only this file: plain ES5. It says what to do instead of leaving an empty page. */
(function () {
  "use strict";
  function paragraph(text, language) {
    var p = document.createElement("p");
    p.lang = language;
    p.appendChild(document.createTextNode(text));
    return p;
  }
  function show(telephone) {
    var page = document.getElementById("page");
    while (page.firstChild) page.removeChild(page.firstChild);
    page.className = "legacy";
    page.appendChild(
      paragraph(
        "Ce navigateur est trop ancien pour la consultation vidéo. Ouvrez votre lien dans une version récente de Chrome, Firefox, Edge ou Safari" +
          (telephone ? ", ou appelez le " + telephone + "." : ", ou appelez l’hôpital."),
        "fr"
      )
    );
    page.appendChild(
      paragraph(
        "This browser is too old for the video consultation. Open your link in a recent Chrome, Firefox, Edge or Safari" +
          (telephone ? ", or call " + telephone + "." : ", or call the hospital."),
        "en"
      )
    );
  }
  show("");
  var request = new XMLHttpRequest();
  request.open("GET", "/api/hospital");
  request.onload = function () {
    try {
      show(JSON.parse(request.responseText).telephone);
    } catch (e) {
      /* The text without the number stays. */
    }
  };
  request.send();
})();
