"""School and work, as age and chance have it."""

from __future__ import annotations

from gapura.identity.citizen import ADULT_AGE, Education, Sex
from gapura.registry.synth.draw import Draw, Weighted

RETIRES = 60
SCHOOL_AGE, JUNIOR_AGE, SENIOR_AGE, GRADUATE_AGE = 6, 13, 16, 23

ADULT_EDUCATION = Weighted(
    {
        Education.PRIMARY_UNFINISHED: 6.0,
        Education.PRIMARY: 24.0,
        Education.JUNIOR_SECONDARY: 18.0,
        Education.SENIOR_SECONDARY: 36.0,
        Education.DIPLOMA_2: 1.0,
        Education.DIPLOMA_3: 4.0,
        Education.BACHELOR: 9.0,
        Education.MASTER: 1.7,
        Education.DOCTORATE: 0.3,
    }
)
WORK = (
    "KARYAWAN SWASTA",
    "KARYAWAN SWASTA",
    "WIRASWASTA",
    "WIRASWASTA",
    "PETANI/PEKEBUN",
    "BURUH HARIAN LEPAS",
    "PEDAGANG",
    "GURU",
    "PEGAWAI NEGERI SIPIL",
    "NELAYAN/PERIKANAN",
    "SOPIR",
    "PERAWAT",
    "TUKANG JAHIT",
    "MEKANIK",
    "KARYAWAN BUMN",
    "TENTARA NASIONAL INDONESIA",
)
PUPIL, NOT_WORKING, AT_HOME, RETIRED = (
    "PELAJAR/MAHASISWA",
    "BELUM/TIDAK BEKERJA",
    "MENGURUS RUMAH TANGGA",
    "PENSIUNAN",
)


def education(draw: Draw, age: int) -> Education:
    """What somebody of this age has finished."""
    if age < SCHOOL_AGE:
        return Education.NONE
    if age < JUNIOR_AGE:
        return Education.PRIMARY_UNFINISHED
    if age < SENIOR_AGE:
        return Education.PRIMARY
    if age < ADULT_AGE + 2:
        return Education.JUNIOR_SECONDARY
    if age < GRADUATE_AGE:
        return Education.SENIOR_SECONDARY
    return ADULT_EDUCATION.pick(draw)


def occupation(draw: Draw, age: int, sex: Sex) -> str:
    if age < SCHOOL_AGE:
        return NOT_WORKING
    if age < ADULT_AGE + 2:
        return PUPIL
    if age >= RETIRES and draw.chance(0.6):
        return RETIRED
    if sex is Sex.FEMALE and draw.chance(0.45):
        return AT_HOME
    return draw.pick(WORK)
