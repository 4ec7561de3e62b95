// Shows the definition of the chosen term beside a list of terms, read from the guide; opens the help on wide windows.
'use strict';
{
    const guide = document.getElementById('casebook-guide');
    const TERMS = 'select[name$="-term"], select[name$="-form"]';

    const define = (select) => {
        const term = guide.querySelector(`[data-term="${CSS.escape(select.value)}"] dd`);
        const box = select.closest('.flex-container');
        let note = box.parentElement.querySelector('.casebook-definition');
        if (!note) {
            note = document.createElement('p');
            note.className = 'casebook-definition';
            note.id = `${select.id}_definition`;
            box.after(note);
            select.setAttribute('aria-describedby', `${select.getAttribute('aria-describedby') ?? ''} ${note.id}`.trim());
        }
        note.textContent = select.value && term ? term.textContent : '';
    };

    const each = (where) => where.querySelectorAll(TERMS).forEach((select) => {
        if (!select.name.includes('__prefix__')) {
            define(select);
        }
    });

    if (guide) {
        const wide = matchMedia('(min-width: 1200px)');
        const fit = () => {
            for (const details of document.querySelectorAll('.casebook-fit')) {
                details.open = wide.matches;
            }
        };
        wide.addEventListener('change', fit);
        fit();
        each(document);
        document.addEventListener('change', (event) => event.target.matches(TERMS) && define(event.target));
        document.addEventListener('formset:added', (event) => each(event.target));
    }
}
