"""What registry values, levels and acts are called, for people: `label(kind, name)` in the templates."""

from __future__ import annotations

from collections.abc import Mapping

from gapura.web.locale import marked as _

LABELS: Mapping[str, Mapping[str, str]] = {
    "attribute": {
        "nik": _("NIK"),
        "kk": _("Nomor kartu keluarga"),
        "name": _("Nama lengkap"),
        "full_name": _("Nama lengkap"),
        "birth_place": _("Tempat lahir"),
        "birthdate": _("Tanggal lahir"),
        "birth_date": _("Tanggal lahir"),
        "gender": _("Jenis kelamin"),
        "sex": _("Jenis kelamin"),
        "blood_type": _("Golongan darah"),
        "religion": _("Agama"),
        "marital_status": _("Status perkawinan"),
        "occupation": _("Pekerjaan"),
        "education": _("Pendidikan terakhir"),
        "citizenship": _("Kewarganegaraan"),
        "address": _("Alamat"),
        "relation": _("Hubungan dalam keluarga"),
        "email": _("Email"),
        "phone": _("Nomor telepon"),
        "status": _("Status"),
    },
    "scope": {
        "openid": _("Tanda pengenal untuk layanan ini"),
        "profile": _("Nama, tanggal lahir, dan jenis kelamin"),
        "email": _("Email"),
        "phone": _("Nomor telepon"),
        "address": _("Alamat"),
        "nik": _("NIK"),
        "offline_access": _("Akses saat Anda tidak sedang memakai layanan"),
    },
    "source": {
        "registry": _("Data kependudukan"),
        "account": _("Akun Anda"),
    },
    "legal_basis": {  # UU PDP article 20
        "CONSENT": _("Persetujuan Anda"),
        "CONTRACT": _("Perjanjian dengan Anda"),
        "LEGAL_DUTY": _("Kewajiban hukum"),
        "VITAL": _("Kepentingan vital Anda"),
        "PUBLIC_TASK": _("Tugas pelayanan publik"),
        "LEGITIMATE": _("Kepentingan yang sah"),
    },
    "sex": {"M": _("Laki-laki"), "F": _("Perempuan")},
    "citizen_status": {
        "ACTIVE": _("Aktif"),
        "DECEASED": _("Meninggal dunia"),
        "MOVED_ABROAD": _("Pindah ke luar negeri"),
        "DUPLICATE": _("Tercatat ganda"),
        "REVOKED": _("Dibatalkan"),
    },
    "account_status": {
        "active": _("Aktif"),
        "suspended": _("Ditangguhkan"),
        "closed": _("Ditutup"),
        "none": _("Belum punya akun"),
    },
    "client_status": {
        "active": _("Aktif"),
        "disabled": _("Dinonaktifkan"),
        "pending": _("Menunggu persetujuan"),
    },
    "load_state": {"loading": _("Sedang dimuat"), "visible": _("Selesai"), "discarded": _("Dibatalkan")},
    "load_mode": {"full": _("Lengkap"), "delta": _("Perubahan"), "event": _("Satu kejadian")},
    "key_state": {
        "next": _("Berikutnya"),
        "active": _("Dipakai"),
        "retiring": _("Segera berakhir"),
        "gone": _("Berakhir"),
    },
    "acr": {
        "urn:gapura:loa:low": _("Dasar: satu bukti"),
        "urn:gapura:loa:substantial": _("Kuat: dua bukti"),
        "urn:gapura:loa:high": _("Sangat kuat: dibuktikan di depan petugas"),
    },
    "amr": {
        "pwd": _("kata sandi"),
        "otp": _("kode dari aplikasi"),
        "hwk": _("kunci keamanan"),
        "swk": _("kunci sandi"),
        "user": _("kunci layar"),
        "sms": _("kode lewat SMS"),
        "mfa": _("dua bukti"),
    },
    "use_action": {  # what was done with the data
        "userinfo": _("Dikirim ke layanan"),
        "id_token": _("Dikirim saat masuk"),
        "operator_view": _("Dilihat petugas"),
        "export": _("Diunduh"),
    },
    "actor_kind": {
        "citizen": _("Warga"),
        "operator": _("Petugas"),
        "client": _("Aplikasi"),
        "system": _("Sistem"),
    },
    "auth_method": {
        "client_secret_basic": _("Kata rahasia, lewat kepala permintaan"),
        "client_secret_post": _("Kata rahasia, lewat isi permintaan"),
        "private_key_jwt": _("Kunci milik aplikasi (private_key_jwt)"),
        "none": _("Tanpa kata rahasia: aplikasi di ponsel atau peramban"),
    },
}
