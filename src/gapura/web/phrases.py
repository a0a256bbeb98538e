"""What people read when something is refused, one row for each code.

`PHRASES` fill the error pages: a stable title, what happened, what to do. `MESSAGES` stand beside a field. `ACTS` ask
before an operator does something that is felt, `DONE` says that it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gapura.web.locale import marked as _


@dataclass(frozen=True, slots=True)
class Phrase:
    title: str
    text: str
    advice: str


@dataclass(frozen=True, slots=True)
class Act:
    """What an operator is asked before an act; `warning` colours its button."""

    title: str
    text: str
    button: str
    warning: bool = False


PHRASES: Mapping[str, Phrase] = {
    "unknown_client": Phrase(
        _("Layanan ini tidak terdaftar"),
        _("Anda dikirim ke sini oleh aplikasi yang tidak kami kenal, jadi kami tidak melanjutkannya."),
        _(
            "Tutup halaman ini. Buka layanan pemerintah yang Anda tuju dari alamat resminya, lalu coba masuk lagi."
        ),
    ),
    "bad_redirect_uri": Phrase(
        _("Alamat kembali tidak terdaftar"),
        _(
            "Aplikasi yang mengirim Anda ke sini meminta kami mengembalikan Anda ke alamat yang tidak didaftarkannya. "
            "Demi keamanan, kami berhenti di sini."
        ),
        _("Beri tahu instansi pemilik aplikasi itu dan sebutkan nomor di bawah ini."),
    ),
    "interaction_expired": Phrase(
        _("Waktu Anda habis"),
        _("Halaman ini hanya berlaku 30 menit dan hanya bisa dipakai satu kali."),
        _("Kembali ke layanan yang Anda tuju, lalu pilih masuk sekali lagi."),
    ),
    "request_over": Phrase(
        _("Permintaan ini sudah berakhir"),
        _(
            "Permintaan ini sudah dijawab, atau waktunya sudah lewat. Tidak ada lagi yang bisa disetujui di sini."
        ),
        _("Mulailah lagi dari perangkat atau layanan yang memintanya."),
    ),
    "level_out_of_reach": Phrase(
        _("Perlu cara masuk yang lebih kuat"),
        _("Layanan ini meminta tingkat kepastian yang belum bisa Anda capai dengan akun Anda."),
        _("Tanyakan kepada pemilik layanan itu bagaimana Anda bisa memakainya."),
    ),
    "wrong_browser": Phrase(
        _("Halaman ini dibuka di tempat lain"),
        _("Proses masuk ini dimulai di peramban lain, jadi tidak bisa dilanjutkan di sini."),
        _("Mulailah lagi dari layanan yang Anda tuju, di peramban ini."),
    ),
    "cookies_needed": Phrase(
        _("Peramban Anda menolak kuki"),
        _("Kami memakai kuki agar hanya Anda yang bisa melanjutkan proses masuk ini."),
        _("Izinkan kuki untuk situs ini di pengaturan peramban, lalu coba lagi dari layanan yang Anda tuju."),
    ),
    "form_expired": Phrase(
        _("Formulir ini sudah tidak berlaku"),
        _(
            "Formulir dikirim dari halaman yang sudah lama terbuka atau dari situs lain. Tidak ada yang berubah."
        ),
        _("Buka kembali halaman sebelumnya, lalu isi sekali lagi."),
    ),
    "bad_request": Phrase(
        _("Permintaan ini tidak bisa kami baca"),
        _("Isi yang dikirim peramban atau aplikasi tidak lengkap atau tidak sesuai."),
        _(
            "Kembali ke halaman sebelumnya dan coba lagi. Jika berulang, sebutkan nomor di bawah ini kepada petugas."
        ),
    ),
    "invalid_request": Phrase(
        _("Permintaan ini tidak bisa kami baca"),
        _("Isi yang dikirim peramban atau aplikasi tidak lengkap atau tidak sesuai."),
        _(
            "Kembali ke halaman sebelumnya dan coba lagi. Jika berulang, sebutkan nomor di bawah ini kepada petugas."
        ),
    ),
    "not_found": Phrase(
        _("Halaman tidak ditemukan"),
        _("Alamat yang Anda buka tidak ada. Mungkin salah ketik, atau halamannya sudah dipindahkan."),
        _("Periksa alamatnya, atau mulai dari halaman depan."),
    ),
    "method_not_allowed": Phrase(
        _("Halaman ini tidak bisa dibuka dengan cara itu"),
        _("Alamat ini hanya menerima kiriman formulir."),
        _("Mulai lagi dari halaman depan."),
    ),
    "forbidden": Phrase(
        _("Anda tidak berwenang membuka halaman ini"),
        _("Halaman ini hanya untuk petugas dengan tugas tertentu."),
        _("Jika ini tugas Anda, mintalah wewenangnya kepada pengelola."),
    ),
    "second_person": Phrase(
        _("Perlu orang kedua"),
        _("Aplikasi ini didaftarkan oleh Anda sendiri, jadi petugas lain yang harus menyetujuinya."),
        _("Mintalah petugas lain memeriksa aplikasi ini dan mengaktifkannya."),
    ),
    "account_suspended": Phrase(
        _("Akun Anda ditangguhkan"),
        _("Akun ini untuk sementara tidak bisa dipakai untuk masuk ke layanan mana pun."),
        _("Datanglah ke kantor Dukcapil terdekat dengan membawa KTP untuk menanyakan sebabnya."),
    ),
    "account_closed": Phrase(
        _("Akun ini sudah ditutup"),
        _("Akun yang ditutup tidak bisa dipakai lagi untuk masuk."),
        _("Jika Anda tidak pernah memintanya, datanglah ke kantor Dukcapil terdekat dengan membawa KTP."),
    ),
    "link_expired": Phrase(
        _("Tautan ini sudah tidak berlaku"),
        _("Tautan pendaftaran petugas hanya berlaku 1 jam dan hanya bisa dipakai satu kali."),
        _("Mintalah tautan baru kepada pengelola."),
    ),
    "too_large": Phrase(
        _("Kiriman Anda terlalu besar"),
        _("Yang dikirim melebihi ukuran yang kami terima."),
        _("Perkecil isinya, lalu kirim lagi."),
    ),
    "sign_in_needed": Phrase(
        _("Masuk dulu untuk membuka halaman ini"),
        _("Anda belum masuk, atau sudah keluar karena lama tidak memakai halaman ini."),
        _("Mulai lagi dari halaman depan."),
    ),
    "too_slow": Phrase(
        _("Kiriman Anda terputus"),
        _("Jaringan terlalu lambat, jadi isi formulir tidak sampai seluruhnya. Tidak ada yang berubah."),
        _("Coba lagi di tempat dengan sinyal yang lebih baik."),
    ),
    "wrong_host": Phrase(
        _("Alamat situs ini salah"),
        _("Peramban Anda membuka Gapura dengan nama yang bukan namanya."),
        _("Buka Gapura dari alamat resminya."),
    ),
    "locked": Phrase(
        _("Akun dikunci sementara"),
        _("Terlalu banyak kata sandi atau kode yang salah. Untuk melindungi Anda, kami berhenti dulu."),
        _("Tunggu 10 menit, lalu coba lagi. Data Anda aman."),
    ),
    "too_many": Phrase(
        _("Terlalu banyak percobaan"),
        _("Untuk melindungi akun warga, kami menghentikan percobaan sementara waktu."),
        _("Tunggu sebentar, lalu coba lagi. Kata sandi dan data Anda aman."),
    ),
    "unavailable": Phrase(
        _("Layanan sedang terganggu"),
        _("Ini bukan kesalahan Anda. Kata sandi dan data Anda aman."),
        _("Tunggu beberapa menit, lalu coba lagi."),
    ),
    "server_error": Phrase(
        _("Terjadi kesalahan di pihak kami"),
        _("Ini bukan kesalahan Anda. Kesalahan ini sudah tercatat."),
        _("Coba lagi beberapa menit lagi. Jika berulang, sebutkan nomor di bawah ini kepada petugas."),
    ),
}

MESSAGES: Mapping[str, str] = {
    # Signing in: one answer for every cause, so that nobody learns which NIK has an account.
    "sign_in_failed": _("NIK atau kata sandi tidak cocok. Periksa keduanya, lalu coba lagi."),
    "locked": _("Terlalu banyak percobaan yang gagal. Tunggu beberapa menit, lalu coba lagi."),
    "too_many": _("Terlalu banyak percobaan. Tunggu sebentar, lalu coba lagi."),
    "otp_wrong": _("Kode tidak cocok. Tunggu kode berikutnya di aplikasi Anda, lalu ketik kode itu."),
    "otp_used": _("Kode ini sudah dipakai. Tunggu kode berikutnya di aplikasi Anda, lalu ketik kode itu."),
    "otp_missing": _("Ketik 6 angka dari aplikasi kode Anda."),
    "user_code_missing": _("Ketik kode yang tampil di perangkat Anda."),
    "user_code_wrong": _(
        "Kode ini tidak kami kenal atau sudah tidak berlaku. Periksa kode di perangkat Anda, lalu ketik lagi."
    ),
    "identifier_missing": _("Ketik NIK, email, atau nomor telepon Anda."),
    "password_missing": _("Ketik kata sandi Anda."),
    "form_expired": _("Halaman ini sudah lama terbuka. Silakan isi sekali lagi."),
    "bad_request": _("Isian ini belum benar. Periksa, lalu coba lagi."),
    # Choosing a password
    "password_short": _("Kata sandi harus paling sedikit 12 huruf atau angka."),
    "password_long": _("Kata sandi paling panjang 256 huruf atau angka."),
    "password_differs": _("Kedua kata sandi tidak sama. Ketik sekali lagi."),
    # Forms of the administration
    "missing": _("Bagian ini harus diisi."),
    "short_name": _("Pakai 2 sampai 40 huruf kecil, angka, atau tanda hubung, diawali huruf."),
    "text_long": _("Tulis lebih singkat."),
    "taken": _("Nama pendek ini sudah dipakai."),
    "days": _("Isi jumlah hari dengan angka, paling sedikit 1."),
    "attribute_twice": _("Satu data tidak bisa wajib dan boleh tidak diberikan sekaligus."),
    "reason_missing": _("Tulis alasannya. Alasan ini dicatat."),
    "reason_long": _("Alasan paling panjang 500 huruf."),
    "reason_short": _("Tulis alasan yang lebih jelas, paling sedikit 10 huruf."),
    "nik_digits": _("NIK terdiri dari 16 angka."),
    "nik_date": _("Tanggal lahir di dalam NIK ini tidak ada di kalender."),
    "nik_serial": _("Empat angka terakhir NIK tidak boleh 0000."),
    "nik_synthetic": _("NIK ini hanya untuk uji coba."),
    "birth_date": _("Isi tanggal lahir yang benar, misalnya 17 5 1990."),
    "redirect_uri": _("Isi alamat kembali yang lengkap dan diawali https://, satu per baris."),
    "file_missing": _("Pilih berkas yang akan diunggah."),
    "file_wrong": _("Berkas harus berupa CSV atau CSV.gz dengan baris judul yang benar."),
    "too_many_rejects": _("Terlalu banyak baris yang salah, jadi tidak ada yang dimasukkan."),
    "import_failed": _("Impor terhenti. Unggah berkas yang sama sekali lagi untuk melanjutkan."),
    "load_running": _("Impor lain masih berjalan. Tunggu sampai selesai."),
}

ACTS: Mapping[str, Act] = {
    "client_disable": Act(
        _("Nonaktifkan aplikasi ini?"),
        _("Warga langsung tidak bisa masuk ke aplikasi ini, dan semua tokennya berhenti berlaku."),
        _("Ya, nonaktifkan"),
        warning=True,
    ),
    "client_enable": Act(
        _("Aktifkan aplikasi ini?"),
        _("Warga bisa masuk ke aplikasi ini lagi. Token lama tetap tidak berlaku."),
        _("Ya, aktifkan"),
    ),
    "client_secret": Act(
        _("Buat kata rahasia baru?"),
        _(
            "Kata rahasia yang lama langsung tidak berlaku. Aplikasi tidak bisa dipakai sampai yang baru dipasang."
        ),
        _("Ya, buat yang baru"),
        warning=True,
    ),
    "suspend": Act(
        _("Tangguhkan akun warga ini?"),
        _("Warga ini langsung keluar dari semua layanan dan tidak bisa masuk sampai akunnya dipulihkan."),
        _("Ya, tangguhkan"),
        warning=True,
    ),
    "reinstate": Act(
        _("Pulihkan akun warga ini?"),
        _("Warga ini bisa masuk lagi dengan kata sandi dan kodenya yang sekarang."),
        _("Ya, pulihkan"),
    ),
    "end_sessions": Act(
        _("Akhiri semua sesi warga ini?"),
        _("Warga ini keluar dari semua perangkat dan layanan, dan boleh masuk lagi kapan saja."),
        _("Ya, akhiri semua"),
        warning=True,
    ),
    "citizen_view": Act(
        _("Buka catatan warga ini?"),
        _("Pembukaan ini dicatat dan bisa dilihat warga."),
        _("Ya, buka"),
    ),
    "citizen_show": Act(
        _("Buka data lengkap warga ini?"),
        _(
            "NIK, nama, tanggal lahir, dan alamat akan terlihat. Pembukaan ini dicatat dan bisa dilihat warga."
        ),
        _("Ya, buka"),
    ),
    "keys_rotate": Act(
        _("Ganti kunci tanda tangan?"),
        _("Kunci baru diumumkan sekarang dan mulai dipakai setelah semua layanan sempat mengenalnya."),
        _("Ya, ganti kunci"),
    ),
}

DONE: Mapping[str, str] = {
    "client_added": _("Aplikasi sudah terdaftar."),
    "client_changed": _("Perubahan sudah disimpan."),
    "client_disable": _("Aplikasi sudah dinonaktifkan."),
    "client_enable": _("Aplikasi sudah aktif lagi."),
    "client_secret": _("Kata rahasia baru sudah dibuat."),
    "client_purposes": _("Tujuan aplikasi sudah disimpan."),
    "agency_added": _("Instansi sudah ditambahkan."),
    "purpose_added": _("Tujuan sudah ditambahkan."),
    "suspend": _("Akun sudah ditangguhkan."),
    "reinstate": _("Akun sudah dipulihkan."),
    "end_sessions": _("Semua sesi sudah diakhiri."),
    "keys_rotate": _("Kunci baru sudah diumumkan."),
    "keys_waiting": _("Kunci berikutnya belum cukup lama diumumkan, jadi belum ada yang diganti."),
    "unchanged": _("Tidak ada yang perlu diubah."),
}
