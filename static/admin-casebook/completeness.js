// What review will ask for, as one types: asks some time after the last key, one question at a time, and shows the
// answer to the latest state only. Nothing is stored, and nothing that is typed or has the focus is touched.
'use strict';
{
    const PAUSE = 1500;
    const panel = document.getElementById('casebook-completeness');
    const form = document.getElementById('case_form');

    const watch = () => {
        const count = panel.querySelector('.casebook-count');
        const findings = panel.querySelector('[data-findings]');
        let timer = 0, state = 0, isAsking = false;

        const tell = (text) => {
            if (count.textContent !== text) {
                count.textContent = text;
            }
        };

        const show = (html) => {
            const answer = new DOMParser().parseFromString(html, 'text/html').body;
            const told = answer.querySelector('.casebook-count');
            told.remove();
            // What is folded stays folded, and a link that has the focus keeps it.
            const isOpen = findings.querySelector('details')?.open;
            const held = findings.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
            findings.replaceChildren(...answer.childNodes);
            if (isOpen !== undefined && findings.querySelector('details')) {
                findings.querySelector('details').open = isOpen;
            }
            if (held !== null) {
                findings.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
            }
            tell(told.textContent);
        };

        const ask = async () => {
            if (isAsking) {
                return;
            }
            isAsking = true;
            const asked = state;
            try {
                const answer = await fetch(panel.dataset.url, {
                    method: 'POST',
                    body: new FormData(form),
                    headers: {'X-Casebook-Fragment': '1'},
                    redirect: 'error',
                });
                if (!answer.ok) {
                    throw new Error(String(answer.status));
                }
                const html = await answer.text();
                if (asked === state) {
                    show(html);
                }
            } catch {
                tell(panel.dataset.failed);
            }
            isAsking = false;
            if (asked !== state) {
                later();
            }
        };

        const later = () => {
            clearTimeout(timer);
            timer = setTimeout(ask, PAUSE);
        };
        const moved = () => {
            state += 1;
            later();
        };

        form.addEventListener('input', moved);
        form.addEventListener('change', moved);
        // Lists with a search tell of a choice by jQuery alone.
        django.jQuery(form).on('change', 'select', moved);
        document.addEventListener('formset:added', moved);
        document.addEventListener('formset:removed', moved);
        form.addEventListener('submit', () => clearTimeout(timer));
        panel.querySelector('.casebook-newtab').remove();
        panel.querySelector('button').addEventListener('click', (event) => {
            event.preventDefault();
            clearTimeout(timer);
            ask();
        });
        ask();
    };

    if (panel && form) {
        // Django tells of a change of every list when the page is ready, and nobody has typed yet.
        django.jQuery(() => setTimeout(watch));
    }
}
