// Whoever leaves a form with something typed in it that is not saved is asked first.
'use strict';
{
    const form = document.querySelector('#content-main form[id$="_form"]');
    const state = () => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));
    // Lists with a search, and rows that fold, set themselves up while the page loads.
    const watch = () => {
        const opened = state();
        // What came back with an error is not saved either.
        const isUnsaved = document.querySelector('.errornote') !== null;
        let isSending = false;
        form.addEventListener('submit', (event) => {
            isSending = event.submitter?.formTarget !== '_blank';
        });
        window.addEventListener('beforeunload', (event) => {
            if (!isSending && (isUnsaved || state() !== opened)) {
                event.preventDefault();
            }
        });
        // Back from another page, by the browser's own way, the form is there again as it was.
        window.addEventListener('pageshow', () => { isSending = false; });
    };

    if (form) {
        window.addEventListener('load', () => setTimeout(watch));
    }
}
