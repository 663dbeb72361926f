"""What earned what: conversion paths, attribution and the lift of a journey over its holdout."""
